"""Start Chromium."""

import shutil

from playwright.sync_api import Browser, Playwright

BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """Chromium: the system's if there is one, else Playwright's own. Raises if there is neither."""
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=BROWSER_ARGUMENTS
    )
