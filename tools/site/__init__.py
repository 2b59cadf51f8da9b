"""The Sphinx extension that turns the pages of the course into its site."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PARTS = (
    "assets",
    "builder",
    "cases",
    "cells",
    "differences",
    "evening",
    "findings",
    "literals",
    "objectives",
    "overview",
    "pages",
    "picture",
    "predictions",
    "quiz",
    "reference",
    "search",
    "versions",
)


def setup(app: Sphinx) -> dict[str, object]:
    """Register everything that the site adds to Sphinx, myst-nb and Furo."""
    # jupyter-book always sets this value; the extension it belongs to is not loaded.
    app.add_config_value("comments_config", {}, "")
    for part in PARTS:
        # Here and not above: __main__ has something to say before myst-nb is imported.
        import_module(f"tools.site.{part}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
