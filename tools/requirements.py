"""Compile the requirements from pyproject.toml: `python -m tools.requirements [--upgrade]`.

With hashes and without naming an index, for every platform and Python 3.11 to 3.14; what is only
ever in a browser, beside the packages of the browser edition, for Pyodide alone.
"""

import argparse
import subprocess
import sys

from course.project import ROOT

COMPILE = [
    sys.executable, "-m", "uv", "pip", "compile", "--quiet",
    "--generate-hashes", "--no-emit-index-url", "--no-header",
]  # fmt: skip
EVERYWHERE = ["--universal", "--python-version", "3.11"]
PYODIDE = ["--python-platform", "wasm32-pyodide2025", "--python-version", "3.14"]

GROUPS = dict.fromkeys(("dev", "postgres", "rivals", "browser"), EVERYWHERE)
GROUPS["jupyterlite"] = PYODIDE


def main(upgrade: bool) -> None:
    options = ["--upgrade"] if upgrade else []
    own = ["pyproject.toml", "--output-file", "requirements.txt"]
    subprocess.run([*COMPILE, *EVERYWHERE, *options, *own], cwd=ROOT, check=True)
    for group, where in GROUPS.items():
        arguments = ["--group", group, "--constraints", "requirements.txt"]
        arguments += ["--output-file", f"requirements-{group}.txt"]
        subprocess.run([*COMPILE, *where, *options, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    main(parser.parse_args().upgrade)
