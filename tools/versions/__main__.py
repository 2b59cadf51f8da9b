"""Ask every version the same questions, and store what they answer: `python -m tools.versions`.

Each older version has a small environment of its own under _build/versions, made once with uv;
the newest one is this environment.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from course.project import ROOT
from course.setup.environment import PIN
from tools.versions import ANSWERS, ask, ask_this_environment

FOLDER = ROOT / "_build" / "versions"
# What each version stood on in its day; the rest is what this course uses.
OLDER = {
    "fastapi": [
        {"fastapi": "0.121.0", "starlette": "0.49.3"},
        {"fastapi": "0.118.0", "starlette": "0.48.0"},
        {"fastapi": "0.117.0", "starlette": "0.48.0"},
        {"fastapi": "0.106.0", "starlette": "0.27.0", "anyio": "3.7.1"},
        {"fastapi": "0.105.0", "starlette": "0.27.0", "anyio": "3.7.1"},
    ],
    "sqlalchemy": [{"sqlalchemy": "2.0.58"}],
}
NEEDED = ("fastapi", "starlette", "anyio", "sqlalchemy", "greenlet", "aiosqlite", "pydantic")
PINS = {
    name: version
    for name, version, _ in PIN.findall((ROOT / "requirements.txt").read_text("utf-8"))
}


def environment(pins: dict[str, str]) -> Path:
    """Return the Python of an environment with these versions, made if it is not there."""
    wanted = {name: PINS[name] for name in NEEDED} | pins
    folder = FOLDER / "-".join(f"{name}-{version}" for name, version in pins.items())
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    finished = folder / "finished"
    if not finished.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "-p", sys.executable, folder], check=True)
        packages = [f"{name}=={version}" for name, version in wanted.items()]
        subprocess.run([*uv, "pip", "install", "-q", "-p", python, *packages], check=True)
        finished.touch()
    return python


def main() -> None:
    """Ask all, and write the answers."""
    newest = ask_this_environment()
    answers = {
        library: [newest[library]] + [ask(str(environment(pins)), library) for pins in older]
        for library, older in OLDER.items()
    }
    ANSWERS.write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
