"""The course's environment: found or made, filled with the pinned packages, ready for kernels.

Standard library only: this runs before anything is installed.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import NoReturn

from course.failure import CannotContinue
from course.lock import only_one
from course.project import ROOT
from course.setup.installer import explain, install, run

OWN_ENVIRONMENT = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"
DEVELOPMENT_REQUIREMENTS = ROOT / "requirements-dev.txt"
POSTGRES_REQUIREMENTS = ROOT / "requirements-postgres.txt"
# Stands in .venv until everything is installed there: what a kill leaves behind is told by it.
UNFINISHED = OWN_ENVIRONMENT / ".unfinished"
PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.MULTILINE)
UV_PIN = re.compile(r"^uv==.*\n(?:[ \t]+--hash.*\n?)*", re.MULTILINE)


def enter(arguments: list[str]) -> None:
    """Return only inside an environment that has every package this command needs.

    In any other, `python -m course` with these arguments is run again in the right one, and this
    process ends with it. An environment of the user's own is used as it is.
    """
    again = ["-m", "course", *arguments]
    if sys.prefix == sys.base_prefix:
        become([str(own_python()), *again])
    wanted = [REQUIREMENTS]
    if arguments[:1] in (["test"], ["site"]):
        wanted.append(DEVELOPMENT_REQUIREMENTS)
    if arguments[:1] in (["test"], ["postgres"]):
        wanted.append(POSTGRES_REQUIREMENTS)
    # A list, not any(): every file that is wanted must be looked at.
    installed = [complete(requirements) for requirements in wanted]
    link_packages()
    if any(installed):
        become([sys.executable, *again])


def own_python() -> Path:
    """Return the Python of .venv, made and filled if it is missing; a failure leaves no .venv."""
    python = OWN_ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and not UNFINISHED.exists():
        return python
    with only_one("environment"):
        if UNFINISHED.exists():
            remove_own_environment()
        if not OWN_ENVIRONMENT.exists():
            make_own_environment(python)
    if not python.exists():
        raise CannotContinue(
            "The folder .venv holds no Python that works. "
            "Delete that folder and run the same command again: it is then made afresh."
        )
    return python


def make_own_environment(python: Path) -> None:
    """Create .venv with every package in it, or leave nothing."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise CannotContinue(
            f"This Python ({sys.executable}) cannot make virtual environments. "
            "On Debian and Ubuntu install the package python3-venv "
            "(`sudo apt install python3-venv`) and run the same command again."
        )
    print("Making the environment .venv (once; a minute or two) ...", flush=True)
    try:
        OWN_ENVIRONMENT.mkdir()
        UNFINISHED.touch()
        if output := run([sys.executable, "-m", "venv", OWN_ENVIRONMENT]):
            raise CannotContinue(explain(output))
        pins = PIN.findall(REQUIREMENTS.read_text(encoding="utf-8"))
        print(f"Installing {len(pins)} packages into it ...", flush=True)
        install(python, REQUIREMENTS, uv_pin())
        stamp(OWN_ENVIRONMENT, REQUIREMENTS).write_text(digest(REQUIREMENTS), encoding="ascii")
        UNFINISHED.unlink()
    except BaseException:
        remove_own_environment()
        raise


def remove_own_environment() -> None:
    """Delete .venv, even while a process that just ended still lets go of its files."""
    for _ in range(25):
        shutil.rmtree(OWN_ENVIRONMENT, ignore_errors=True)
        if not OWN_ENVIRONMENT.exists():
            return
        time.sleep(0.2)
    UNFINISHED.touch()


def complete(requirements: Path) -> bool:
    """Install into the running environment what it lacks; return whether anything was lacking."""
    mark = stamp(Path(sys.prefix), requirements)
    if mark.exists() and mark.read_text(encoding="ascii") == digest(requirements):
        return False
    with only_one("environment"):
        pins = PIN.findall(requirements.read_text(encoding="utf-8"))
        missing = [name for name, version, marker in pins if is_missing(name, version, marker)]
        if missing:
            print(
                f"Installing {len(missing)} packages of {requirements.name} that are missing in "
                f"{sys.prefix}, or there in another version ...",
                flush=True,
            )
            install(Path(sys.executable), requirements, uv_pin(), len(missing) / len(pins))
        mark.write_text(digest(requirements), encoding="ascii")
    return bool(missing)


def is_missing(name: str, version: str, marker: str) -> bool:
    """Return whether a pin that applies to this machine is not installed in that version."""
    import importlib.metadata  # most commands need neither: nothing has changed since the last one

    try:
        from packaging.markers import Marker
        from packaging.version import Version
    except ImportError:
        return True  # packaging is a pin itself: without it something is missing in any case
    if marker and not Marker(marker).evaluate():
        return False
    try:
        return Version(importlib.metadata.version(name)) != Version(version)
    except importlib.metadata.PackageNotFoundError:
        return True


def stamp(environment: Path, requirements: Path) -> Path:
    """Return the file that says which requirements an environment was last complete for."""
    return environment / f".lantern-{requirements.stem}"


def digest(requirements: Path) -> str:
    """Return the SHA-256 of a requirements file, in hexadecimal digits."""
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def uv_pin() -> str:
    """Return the lines of requirements.txt that pin uv, or an empty string."""
    found = UV_PIN.search(REQUIREMENTS.read_text(encoding="utf-8"))
    return found.group() if found else ""


def link_packages() -> None:
    """Make lantern and course importable in every process of the running environment.

    It writes what an editable install writes: a .pth file that names the repository.
    """
    link = Path(sysconfig.get_path("purelib"), "lantern-course.pth")
    # Python reads such a file in the encoding of the locale.
    if not link.exists() or link.read_text(encoding="locale").strip() != str(ROOT):
        link.write_text(f"{ROOT}\n", encoding="locale")


def put_first() -> None:
    """Have the processes started from here import this repository's packages, not another's.

    An environment that two copies of the course share links only the one that came last.
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(ROOT), *others]))


def leave_out_colours() -> None:
    """Have what a kernel of ours runs say its errors as they are stored.

    From Python 3.13 on a program's traceback has colours where a kernel asks for them.
    """
    os.environ["PYTHON_COLORS"] = "0"


def become(command: list[str]) -> NoReturn:
    """Go on as this command: its output, its signals and its exit code are ours from here on."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            continue  # the console told the other process too: it ends, and says how
