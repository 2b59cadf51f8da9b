"""Import it before anything that imports jsonschema: it saves 3 seconds of every such process.

JupyterLab brings rfc3987-syntax, and jsonschema loads it if it is there, to prepare grammars for
a check of addresses that nothing in the course makes. An import of a module that is None fails
at once, and jsonschema goes on without it.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
