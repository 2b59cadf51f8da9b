"""A Jupyter server extension: the built book at /, behind the same token as JupyterLab."""

from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import StaticFileHandler, authenticated

from course.serving.site import SITE

# What the built site consists of, and nothing that Jupyter answers itself: the four folders of
# pages, the folders whose name starts with an underscore, and the files beside them.
SITE_PATHS = (
    r"/((?:(?:book|notebooks|exercises|solutions|_[A-Za-z]\w*)/.*)?"
    r"|[^/]+\.(?:html|js|inv|xml|json))"
)
# The book brings its own inline scripts and styles, and asks no other host for anything.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)


class SiteHandler(JupyterHandler, StaticFileHandler):
    """Serves one file of the built book to whoever has the token."""

    @authenticated
    async def get(  # type: ignore[override]  # the decorator hides its parameters
        self, path: str, include_body: bool = True
    ) -> None:
        """Send the file, and the cookie that tells the page that JupyterLab is beside it."""
        await self._send(path, include_body)

    @authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]
        """Send what get would send, without the file."""
        await self._send(path, include_body=False)

    async def _send(self, path: str, include_body: bool) -> None:
        self.set_cookie("lantern-lab", "1", path="/", samesite="Lax")
        await StaticFileHandler.get(self, path, include_body)

    @property
    def content_security_policy(self) -> str:
        """The policy for pages of the book."""
        return CONTENT_SECURITY_POLICY

    def set_extra_headers(self, path: str) -> None:
        """Have the browser ask each time: a rebuilt page shows at once."""
        self.set_header("Cache-Control", "no-cache")

    def compute_etag(self) -> str | None:
        """Answer by the time of the last change alone: tornado's hash outlives a rebuild."""
        return None


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "course.serving.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    pattern = url_path_join(server.web_app.settings["base_url"], SITE_PATHS)
    options = {"path": str(SITE), "default_filename": "index.html"}
    server.web_app.add_handlers(".*$", [(pattern, SiteHandler, options)])
