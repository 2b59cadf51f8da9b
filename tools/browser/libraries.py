"""Put together what seldom changes of what a page loads: Pyodide, standard library, packages.

Byte code instead of source: compiling is most of what Python would do in its first seconds. The
bridge lies with the libraries, which must find it in place; so do the editor and IPython's
printer, which wrote the stored outputs.
"""

import importlib.util
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path

from tools.browser.packages import BROWSER, CACHE, LOCKS, by_name, fetch, fingerprint, run_node

COMPILER = Path(__file__).with_name("compile.mjs")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
PRINTER = Path(importlib.util.find_spec("IPython").origin).parent / "lib" / "pretty.py"
# Python that is not in a package, by its name in the archive.
BESIDE = {
    **{f"bridge/{file.name}": file for file in (BROWSER / "bridge").glob("*.py")},
    "ipython_pretty.py": PRINTER,
}
EDITOR = BROWSER / "runner" / "editor.mjs"
# What fills a kept memory, and what reads it again: it lasts as long as these are the same.
KEEPERS = tuple(BROWSER / "runner" / name for name in ("python.mjs", "snapshot.mjs"))
SOURCES = {**BESIDE, **by_name(*LOCKS, *KEEPERS, EDITOR, COMPILER, Path(__file__))}
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


def libraries() -> Path:
    """Return the folder of what seldom changes, made once; its name has a hash of its sources."""
    folder = CACHE / f"libraries-{fingerprint(SOURCES)}"
    if not folder.exists():
        wheels, modules = fetch()
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            built = Path(work) / "libraries"
            built.mkdir()
            for name in PYODIDE:
                shutil.copy(modules / "pyodide" / name, built)
            add_stdlib(built, Path(work) / "stdlib", modules / "pyodide")
            add_packages(built, Path(work) / "packages", wheels, modules / "pyodide")
            bundle(EDITOR, built, modules, "--minify", "--legal-comments=eof")
            built.rename(folder)
    return folder


def add_stdlib(built: Path, tree: Path, pyodide: Path) -> None:
    """Add the archive of the standard library, without what no lesson can use."""
    zipfile.ZipFile(pyodide / "python_stdlib.zip").extractall(tree)
    drop(tree, UNWANTED_STDLIB)
    archive(compiled(tree, pyodide), built / "stdlib.zip")


def add_packages(built: Path, tree: Path, wheels: Path, pyodide: Path) -> None:
    """Add the archive of the packages and what lies beside them, and the compiled module."""
    for wheel in sorted(wheels.glob("*.whl")):
        zipfile.ZipFile(wheel).extractall(tree)
    drop(tree, UNWANTED_PACKAGES)
    copy(BESIDE, tree)
    ready = compiled(tree, pyodide)
    module = ready / COMPILED
    (built / "pydantic_core.deflate").write_bytes(zlib.compress(module.read_bytes(), 9))
    module.unlink()
    archive(ready, built / "packages.zip")


def copy(files: dict[str, Path], tree: Path) -> None:
    """Copy files into a folder, by the names that they have there."""
    for name, file in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tree / name)


def bundle(script: Path, target: Path, modules: Path, *options: str) -> None:
    """Write a script with all that it imports to a folder: every file is a round trip."""
    esbuild = modules / "esbuild" / "bin" / "esbuild"
    always = ("--bundle", "--format=esm", "--out-extension:.js=.mjs", f"--outdir={target}")
    run_node(modules, esbuild, script, *always, *options)


def compiled(tree: Path, pyodide: Path) -> Path:
    """Return a folder beside the tree with byte code in the place of its source."""
    target = tree.with_name(f"{tree.name}-compiled")
    target.mkdir()
    run_node(pyodide.parent, COMPILER, pyodide, tree, target)
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


def archive(tree: Path, target: Path, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Write a zip of the tree that is the same whenever its contents are."""
    with zipfile.ZipFile(target, "w") as zipped:
        for file in sorted(path for path in tree.rglob("*") if path.is_file()):
            name = file.relative_to(tree).as_posix()
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            zipped.writestr(info, file.read_bytes(), compresslevel=9)
