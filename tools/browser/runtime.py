"""Put together what a page loads when a lesson is run: Python, libraries, course and runner.

Byte code instead of source: compiling is most of what Python would do in its first seconds.
"""

import importlib.util
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

from course.lock import only_one
from course.project import ROOT
from tools.browser.packages import BROWSER, CACHE, LOCKS, fetch, fingerprint, run_node

HERE = Path(__file__).parent
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
# The course's own Python, and where it is found. IPython's printer wrote the stored outputs.
OWN = {
    BROWSER: ("bridge", "kernel"),
    ROOT: (
        *("lantern", "course/checks", "course/__init__.py", "course/failure.py", "course/files.py"),
        *("course/names.py", "course/notebook.py", "course/project.py", "course/workspace.py"),
        *("course/checking/__init__.py", "course/checking/attempts.py", "course/checking/cell.py"),
        *("course/checking/exercise.py", "course/checking/progress.py"),
    ),
}
OWN_FILES = tuple(folder / name for folder, names in OWN.items() for name in names)
PRINTER = "IPython/lib/pretty.py"
# A compiled module must lie on its own in the file system: it cannot be read out of an archive.
COMPILED = "pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so"
# What no lesson can use in a browser, and what only installing and testing need.
UNWANTED_STDLIB = (
    *("_pyrepl", "curses", "ensurepip", "idlelib", "lib2to3", "multiprocessing", "pydoc_data"),
    *("test", "tkinter", "turtledemo", "unittest", "venv", "wsgiref", "xml", "xmlrpc"),
    *("doctest.py", "ftplib.py", "imaplib.py", "mailbox.py", "optparse.py", "pdb.py"),
    *("pickletools.py", "poplib.py", "pydoc.py", "smtplib.py", "turtle.py"),
    *("_pydatetime.py", "_pyio.py"),  # stand in for modules in C, which are there
    *("encodings/big5*", "encodings/cp[5-9]*", "encodings/cp1[0-1]*", "encodings/euc*"),
    *("encodings/gb*", "encodings/iso2022*", "encodings/iso8859_[2-9]*", "encodings/koi8*"),
    *("encodings/mac_*", "encodings/shift*"),
)
UNWANTED_PACKAGES = (
    *(f"sqlalchemy/dialects/{name}" for name in ("mssql", "mysql", "oracle")),
    *("sqlalchemy/ext/mypy", "sqlalchemy/testing", "pydantic/v1", "pydantic/mypy.py"),
    *("anyio/pytest_plugin.py", "certifi/cacert.pem"),
)
UNWANTED_ENDINGS = (".pyi", ".pyx", ".pxd", ".typed", ".c")


def runtime() -> Path:
    """Return the folder of the built runtime; its name is a hash of all that it is made of."""
    printer = Path(importlib.util.find_spec("IPython").origin).parents[1] / PRINTER
    folder = CACHE / f"runtime-{fingerprint((*LOCKS, BROWSER, *OWN_FILES, HERE))}"
    with only_one("browser edition"):
        if not folder.exists():
            build(folder, printer)
    return folder


def build(folder: Path, printer: Path) -> None:
    """Make the folder of the runtime, whole or not at all."""
    wheels, modules = fetch()
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        built = Path(work) / "runtime"
        shutil.copytree(libraries(wheels, modules / "pyodide"), built)
        add_own_python(built, modules / "pyodide", printer)
        add_scripts(built, modules)
        built.rename(folder)
    for other in set(CACHE.glob("runtime-*")) - {folder}:
        shutil.rmtree(other)


def libraries(wheels: Path, pyodide: Path) -> Path:
    """Return the folder with Pyodide, the standard library and the packages, made once."""
    folder = CACHE / f"libraries-{fingerprint((*LOCKS, HERE))}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            built = Path(work) / "libraries"
            built.mkdir()
            for name in PYODIDE:
                shutil.copy(pyodide / name, built)
            stdlib, packages = Path(work) / "stdlib", Path(work) / "packages"
            zipfile.ZipFile(pyodide / "python_stdlib.zip").extractall(stdlib)
            for wheel in sorted(wheels.glob("*.whl")):
                zipfile.ZipFile(wheel).extractall(packages)
            drop(stdlib, UNWANTED_STDLIB)
            drop(packages, UNWANTED_PACKAGES)
            archive(compiled(stdlib, pyodide), built / "stdlib.zip")
            ready = compiled(packages, pyodide)
            module = ready / COMPILED
            (built / "pydantic_core.deflate").write_bytes(zlib.compress(module.read_bytes(), 9))
            module.unlink()
            archive(ready, built / "packages.zip")
            built.rename(folder)
    return folder


def add_own_python(built: Path, pyodide: Path, printer: Path) -> None:
    """Add the archive of the bridge, the kernel, lantern, course and IPython's printer."""
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        tree = Path(work) / "own"
        copy_own_python(tree)
        shutil.copy(printer, tree / "ipython_pretty.py")
        archive(compiled(tree, pyodide), built / "own.zip")


def copy_own_python(tree: Path) -> None:
    """Copy what OWN names into a folder, as Python imports it there."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.mjs")
    for folder, names in OWN.items():
        for name in names:
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).is_dir():
                shutil.copytree(folder / name, target, ignore=unwanted)
            else:
                shutil.copy(folder / name, target)


def add_scripts(built: Path, modules: Path) -> None:
    """Add the styles and the scripts, each with all that it imports: every file is a round trip."""
    shutil.copy(BROWSER / "runner" / "runner.css", built)
    esbuild = modules / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--out-extension:.js=.mjs", f"--outdir={built}"]
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        for folder in (BROWSER / "bridge", BROWSER / "runner"):
            for script in folder.glob("*.mjs"):
                shutil.copy(script, work)
        apart = ["--external:./pyodide.mjs", "--external:./editor.mjs"]
        entries = Path(work, "runner.mjs"), Path(work, "worker.mjs")
        run_node(modules, esbuild, *entries, *options, *apart)
        editor = Path(work, "editor.mjs")
        run_node(modules, esbuild, editor, *options, "--minify", "--legal-comments=eof")


def compiled(tree: Path, pyodide: Path) -> Path:
    """Return a folder beside the tree with byte code in the place of its source."""
    target = tree.with_name(f"{tree.name}-compiled")
    target.mkdir()
    run_node(pyodide.parent, HERE / "compile.mjs", pyodide, tree, target)
    return target


def drop(tree: Path, unwanted: tuple[str, ...]) -> None:
    """Remove what is not wanted, and all of a package's metadata but its headers."""
    for path in [path for pattern in unwanted for path in tree.glob(pattern)]:
        path.unlink() if path.is_file() else shutil.rmtree(path)
    for file in [path for path in tree.rglob("*") if path.is_file()]:
        if file.parent.suffix == ".dist-info" and file.name == "METADATA":
            headers, _, _ = file.read_text("utf-8").partition("\n\n")
            file.write_text(f"{headers}\n", "utf-8")
        elif ".dist-info" in str(file) or file.name.endswith(UNWANTED_ENDINGS):
            file.unlink()


def archive(tree: Path, target: Path) -> None:
    """Write a zip of the tree that is the same whenever its contents are."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for file in sorted(path for path in tree.rglob("*") if path.is_file()):
            name = file.relative_to(tree).as_posix()
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, file.read_bytes(), compresslevel=9)
