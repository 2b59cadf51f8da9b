"""The HTML builder of the course: its front page is the front page of the site."""

from os import path

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder


class LanternBuilder(StandaloneHTMLBuilder):
    """Write the root page to index.html at the top, wherever its source lies.

    So the site answers at `/` and from a folder on a USB stick with no redirect.
    """

    name = "html"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """The address of a page, relative to the top of the site."""
        if docname == self.config.root_doc:
            return "index.html"
        return super().get_target_uri(docname, typ)

    def get_outfilename(self, pagename: str) -> str:
        """The file that a page is written to."""
        if pagename == self.config.root_doc:
            return path.join(self.outdir, "index.html")
        return super().get_outfilename(pagename)


def setup(app: Sphinx) -> None:
    """Build pages with this builder wherever `html` is asked for, as jupyter-book does."""
    app.add_builder(LanternBuilder, override=True)
