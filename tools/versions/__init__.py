"""What other versions of the libraries do with the same app and the same questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from course.project import ROOT

# What was answered, newest first; the pages draw their tables from it.
ANSWERS = Path(__file__).with_name("answers.json")
QUESTIONS = "tools.versions.questions"


def ask(python: str, library: str) -> dict[str, Any]:
    """Let one interpreter answer the questions about `library`: fastapi or sqlalchemy."""
    ran = subprocess.run(
        [python, "-W", "ignore", "-m", QUESTIONS, library],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def ask_this_environment() -> dict[str, dict[str, Any]]:
    """Answer every question with the versions of this environment."""
    return {library: ask(sys.executable, library) for library in ("fastapi", "sqlalchemy")}


def stored() -> dict[str, list[dict[str, Any]]]:
    """Return what was answered: a list for each library, the newest version first."""
    answers: dict[str, list[dict[str, Any]]] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return answers
