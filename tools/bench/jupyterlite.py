"""Build a JupyterLite site that can run the course's lessons, for `python -m tools.bench browser`.

Its plain set-up: its own notebook page and Pyodide kernel, with the Pyodide and the versions of
the browser edition, as wheels from their authors. Two things are added, without which no lesson
would run there. All lies on one host, as it does with us; and the course's bridge and lantern are
in place when the kernel starts, so that aiosqlite has a thread and SQLAlchemy its greenlet.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from course.notebook import tags
from course.project import ROOT
from course.workspace import without_outputs
from tools.bench.rivals import ENVIRONMENT, rivals_python
from tools.browser.packages import (
    BROWSER,
    CACHE,
    by_name,
    expect_success,
    fetch,
    fetch_wheels,
    fingerprint,
)

REQUIREMENTS = ROOT / "requirements-jupyterlite.txt"
COURSE = (BROWSER / "bridge", ROOT / "lantern")
SCRIPTS = (BROWSER / "bridge" / "stacks.mjs", BROWSER / "bridge" / "suspend.mjs")
EXTENSION = "@jupyterlite/pyodide-kernel-extension"
# What the kernel loads in the place of Pyodide. Cells run in JupyterLite's own loop, the page's,
# whose every turn comes from outside of Python: the bridge is told that it is on the main stack.
PYODIDE = """\
import { loadPyodide as load } from "./pyodide-core.mjs";
import * as stacks from "./stacks.mjs";

export * from "./pyodide-core.mjs";
export async function loadPyodide(options) {
  const python = await load(options);
  const course = await fetch(new URL("course.zip", import.meta.url));
  const extractDir = "/lib/python3.14/site-packages";
  python.unpackArchive(await course.arrayBuffer(), "zip", { extractDir });
  python.runPython(`
import asyncio
import bridge
from bridge import stacks
from pyodide.webloop import WebLoop

page, main, begin_turn = asyncio.get_event_loop(), stacks.running(), WebLoop._install_running_loop

def begin_turn_on_main_stack(loop):
    stacks.go_on(main)
    begin_turn(loop)

WebLoop._install_running_loop = begin_turn_on_main_stack
bridge.install(can_wait=True)
asyncio.set_event_loop(page)
`);
  stacks.install(python);
  return python;
}
"""


def build(notebook: Path, site: Path) -> None:
    """Build the site with one notebook, whose page is notebooks/index.html?path=NAME.

    Raises CannotContinue if a package cannot be had or JupyterLite does not build.
    """
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        packages = add_pyodide(folder / "static" / "pyodide")
        settings = {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": packages}}
        config = {"litePluginSettings": {f"{EXTENSION}:kernel": settings}}
        (folder / "jupyter-lite.json").write_text(
            json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": config}), "utf-8"
        )
        (folder / "files").mkdir()
        copy = json.dumps(for_jupyterlite(notebook.read_bytes()))
        (folder / "files" / notebook.name).write_text(copy, "utf-8")
        command = [rivals_python(), "-m", "jupyter", "lite", "build", "--apps", "notebooks"]
        command += ["--contents", "files", "--output-dir", site, "--no-sourcemaps"]
        # The environment has extensions that others brought; the kernel's is the one that belongs.
        extension = ENVIRONMENT / "share" / "jupyter" / "labextensions" / EXTENSION
        command += ["--ignore-sys-prefix", f"--LiteBuildConfig.federated_extensions={extension}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        expect_success(done, "JupyterLite could not be built")


def add_pyodide(folder: Path) -> list[str]:
    """Fill the folder from which the kernel takes Python; return the packages it starts with."""
    wheels, modules = fetch()
    unwanted = shutil.ignore_patterns("*.map", "*.html", "*.ts")
    shutil.copytree(modules / "pyodide", folder, ignore=unwanted)
    (folder / "pyodide.mjs").rename(folder / "pyodide-core.mjs")
    (folder / "pyodide.mjs").write_text(PYODIDE, "utf-8")
    for script in SCRIPTS:
        shutil.copy(script, folder)
    with tempfile.TemporaryDirectory() as work:
        for package in COURSE:
            unwanted = shutil.ignore_patterns("__pycache__", "*.mjs")
            shutil.copytree(package, Path(work) / package.name, ignore=unwanted)
        shutil.make_archive(str(folder / "course"), "zip", work)
    for wheel in [*wheels.glob("*.whl"), *kernel_wheels().glob("*.whl")]:
        shutil.copy(wheel, folder)
    lock = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))
    lock["packages"] = {name: entry for name, entry in map(locked, sorted(folder.glob("*.whl")))}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    return list(lock["packages"])


def kernel_wheels() -> Path:
    """Return the folder of what JupyterLite's kernel needs beside our packages, filled once."""
    folder = CACHE / f"jupyterlite-{fingerprint(by_name(REQUIREMENTS))}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            fetch_wheels(REQUIREMENTS, Path(work) / "wheels")
            (Path(work) / "wheels").rename(folder)
    return folder


def locked(wheel: Path) -> tuple[str, dict]:
    """Return a wheel's name and its entry in Pyodide's lock; all are loaded, and so none asks."""
    name, version, *_ = wheel.name.split("-")
    name = name.replace("_", "-").lower()
    return name, {
        "name": name,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [],
        "depends": [],
    }


def for_jupyterlite(notebook: bytes) -> dict:
    """Return a copy with no outputs, for its kernel, and without the cells our pages leave out."""
    copy = json.loads(without_outputs(notebook))
    copy["metadata"]["kernelspec"] = {"name": "python", "display_name": "Python (Pyodide)"}
    copy["cells"] = [cell for cell in copy["cells"] if "not-in-browser" not in tags(cell)]
    return copy
