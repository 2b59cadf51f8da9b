"""Compile the requirements from pyproject.toml: `python -m tools.requirements [--upgrade]`.

For every platform and Python 3.11 to 3.14, with hashes and without naming an index.
"""

import argparse
import subprocess
import sys

from tools.run import ROOT

COMPILE = [
    sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal",
    "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header",
]  # fmt: skip

GROUPS = {name: f"requirements-{name}.txt" for name in ("dev", "rivals", "browser")}


def main(upgrade: bool) -> None:
    options = ["--upgrade"] if upgrade else []
    own = ["pyproject.toml", "--output-file", "requirements.txt"]
    subprocess.run([*COMPILE, *options, *own], cwd=ROOT, check=True)
    for group, target in GROUPS.items():
        arguments = ["--group", group, "--constraints", "requirements.txt", "--output-file", target]
        subprocess.run([*COMPILE, *options, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    main(parser.parse_args().upgrade)
