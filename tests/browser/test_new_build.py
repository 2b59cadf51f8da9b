"""A new build of the site: what is hashed, what a reader fetches who comes back, and what runs."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from course.project import ROOT
from tests.browser import test_firefox
from tests.browser.checkout import NEW_TITLE, TITLE, checkout, run
from tests.browser.test_exercises import RIGHT, WRONG, answer, opened
from tests.browser.test_snapshot import HEADER, restored
from tools.bench.browser_speed import Host
from tools.browser.__main__ import add_python
from tools.driver.firefox import FirefoxPage
from tools.driver.hosting import served
from tools.driver.live import KEPT, KEPT_OFFLINE

LITTLE = 400_000  # bytes: our own part is less, the libraries are 13.7 MB
NEITHER = (
    *("browser/README.md", "browser/bridge/README.md", "course/checks/notes.txt"),
    *("course/cli.py", "course/grading/grader.py", "tools/browser/__main__.py"),
)
OWN_PART = (
    *("browser/kernel/cells.py", "browser/runner/runner.mjs", "browser/bridge/stacks.mjs"),
    *("browser/runner/runner.css", "browser/offline.js", "course/names.py"),
    *("course/checks/__init__.py", "lantern/sql.py", "tools/browser/runtime.py"),
)
LIBRARIES = (
    *("browser/bridge/loops.py", "browser/runner/snapshot.mjs", "browser/runner/python.mjs"),
    *("browser/runner/editor.mjs", "browser/package-lock.json", "requirements-browser.txt"),
    *("tools/browser/libraries.py", "tools/browser/compile.mjs"),
)
# Change one file after the other, and print whether the hashes are others: libraries, own part.
CHANGED = """
import json, sys
from pathlib import Path
from tools.browser.packages import fingerprint
from tools.browser.runtime import OWN_SOURCES, SOURCES

def hashes():
    return fingerprint(SOURCES), fingerprint({**SOURCES, **OWN_SOURCES})

before, found = hashes(), {}
for name in sys.argv[1:]:
    content = Path(name).read_bytes()
    Path(name).write_bytes(content + b"another line")
    found[name] = [now != then for now, then in zip(hashes(), before)]
    Path(name).write_bytes(content)
print(json.dumps(found))
"""
# What of our own part is twice in Python's memory.
TWICE = """
import collections, gc, types
gc.unfreeze()
gc.collect()
found = collections.Counter()
for each in gc.get_objects():
    if isinstance(each, types.ModuleType):
        name = each.__name__
    elif isinstance(each, type):
        name = f"{each.__module__}.{each.__qualname__}"
    else:
        continue
    if name.split(".")[0] in ("kernel", "lantern", "course"):
        found[name] += 1
assert found["kernel.cells.Cells"] and found["lantern"], found
[name for name, count in found.items() if count > 1]
"""
TITLE_NOW = "from course.checks.ch01_event_loop.report_async import REPORT_ASYNC as it; it.title"
RUN = """(code) => new Promise((told) => document.querySelector("[data-live]").runner.kernel.run({
    cell: 0, code, hear: ({output: shown}) =>
        shown && told(shown.data?.["text/plain"] ?? shown.traceback.join())}))"""
# Whose part is in the kept memory. It is written anew a moment after Python has begun.
OWN_KEPT = f"""async (wanted) => {{
    for (;;) {{
        for await (const file of (await navigator.storage.getDirectory()).values()) {{
            if (file.name.endsWith(".crswap")) continue;
            const figures = await (await file.getFile()).slice(0, {HEADER}).text();
            if (JSON.parse(figures).own === wanted) return;
        }}
        await new Promise((go) => setTimeout(go, 100));
    }}
}}"""
# The builds that the service worker keeps, once there is no other than one.
ONLY_KEPT = """async (wanted) => {
    for (;;) {
        const names = await caches.keys();
        if (names.length === 1 && names[0].endsWith(` ${wanted}`)) return;
        await new Promise((go) => setTimeout(go, 100));
    }
}"""


@dataclass(frozen=True)
class Site:
    """A published site that another build can take the place of."""

    folder: Path
    address: str
    sent: list[int]
    another: Path

    def publish_another_build(self) -> str:
        """Publish what another checkout has built, and return the name of its own part.

        As where hosts publish a folder, every file of it is of now, also those that are the same.
        """
        self.sent.clear()
        add_python(self.folder, self.another, ROOT)
        for file in self.folder.rglob("*"):
            file.touch()
        (worker,) = self.another.glob("*/worker.mjs")
        return worker.parent.name


@contextmanager
def published(public_folder: Path, folder: Path, another: Path) -> Iterator[Site]:
    """A copy of the site, on a host that tells browsers to ask each time and counts its bytes."""
    shutil.copytree(public_folder, folder, dirs_exist_ok=True)
    host = type("CountingHost", (Host,), {"sent": [], "lifetime": 0})
    with served(folder, host=host) as address:
        yield Site(folder / "course" / "v1", f"{address}/course/v1", host.sent, another)


@pytest.fixture
def site(public_folder: Path, other_runtime: Path, tmp_path: Path) -> Iterator[Site]:
    """A site of its own for a test."""
    with published(public_folder, tmp_path, other_runtime) as site:
        yield site


def test_a_file_changes_the_hash_of_what_it_is_built_into(tmp_path: Path) -> None:
    checkout(tmp_path)
    for name in NEITHER[:3]:
        (tmp_path / name).write_text("Not sent to anybody.\n", "utf-8")
    found = json.loads(run(tmp_path, CHANGED, *NEITHER, *OWN_PART, *LIBRARIES))
    assert found == {
        **{name: [False, False] for name in NEITHER},
        **{name: [False, True] for name in OWN_PART},
        **{name: [True, True] for name in LIBRARIES},
    }


def test_a_changed_check_comes_without_the_libraries_and_over_the_kept_memory(
    context: BrowserContext, site: Site
) -> None:
    page = opened(context, site.address)
    assert TITLE in answer(page, WRONG)
    wait_until_kept(page)
    page.close()
    built = site.publish_another_build()
    page = opened(context, site.address)
    assert NEW_TITLE in answer(page, WRONG)
    assert restored(page)
    assert page.evaluate(RUN, TWICE) == "[]"
    page.evaluate(OWN_KEPT, built)
    page.evaluate(ONLY_KEPT, built)
    assert sum(site.sent) < LITTLE
    page.close()
    context.set_offline(True)
    page = opened(context, site.address)
    assert ": right" in (told := answer(page, RIGHT))
    assert NEW_TITLE in told
    assert restored(page)


def test_a_changed_check_comes_to_firefox_without_the_libraries_and_over_the_kept_memory(
    firefox_page: FirefoxPage, site: Site
) -> None:
    assert not test_firefox.run_first_cell(firefox_page, site.address)
    assert firefox_page.evaluate(RUN, TITLE_NOW) == repr(TITLE)
    wait_until_kept(firefox_page)
    built = site.publish_another_build()
    assert test_firefox.run_first_cell(firefox_page, site.address)
    assert firefox_page.evaluate(RUN, TITLE_NOW) == repr(NEW_TITLE)
    firefox_page.evaluate(OWN_KEPT, built)
    firefox_page.evaluate(ONLY_KEPT, built)
    assert sum(site.sent) < LITTLE


def wait_until_kept(page: Page | FirefoxPage) -> None:
    """Wait until Python's memory and the book lie in the browser."""
    page.evaluate(KEPT)
    page.evaluate(KEPT_OFFLINE)
