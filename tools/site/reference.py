"""The reference: how the signatures of the instruments are told."""

import inspect
import re
from typing import Any

from sphinx.application import Sphinx

BLOCKS = {
    "AsyncIterator": "AbstractAsyncContextManager",
    "Iterator": "AbstractContextManager",
}


def tell_signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str, returns: str
) -> tuple[str, str]:
    """Tell a default that is made anew as `...`, and what is for `with` as a context manager."""
    made = getattr(thing, "__wrapped__", None)
    if returns and (inspect.isgeneratorfunction(made) or inspect.isasyncgenfunction(made)):
        returns = re.sub(r"\b(\w+)(?=\[)", lambda found: BLOCKS[found[1]], returns, count=1)
    return (signature or "").replace("<factory>", "..."), returns


def setup(app: Sphinx) -> None:
    """Let autodoc ask."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-signature", tell_signature)
