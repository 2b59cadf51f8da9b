"""What authors run; nothing imports it."""

import course.setup.without_grammars  # noqa: F401 - it acts when it is imported
