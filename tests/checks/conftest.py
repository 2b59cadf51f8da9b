"""Ways to put an answer before its check, as a learner's notebook would."""

import ast
import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from course.exercise import Verdict, find, is_untouched

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def judged() -> Callable[..., Verdict]:
    """Return a function that gives the verdict on the answers in a piece of source."""

    def verdict(name: str, source: str) -> Verdict:
        _, exercise = find(name)
        space: dict = {}
        exec(compile(source, "answer", "exec"), space)
        answers = [space[answer] for answer in exercise.answers]
        if any(map(is_untouched, answers)):
            return exercise.not_attempted()
        return exercise.verdict(asyncio.run(exercise.observe(*answers)))

    return verdict


@pytest.fixture
def cell() -> Callable[[str, str], str]:
    """Return a function that gives the source of an exercise's cells in a folder's notebook."""

    def source(folder: str, name: str) -> str:
        stem, exercise = find(name)
        notebook = json.loads((ROOT / folder / f"{stem}.ipynb").read_text(encoding="utf-8"))
        cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
        wanted = [c for c in cells if set(exercise.answers) & {name for name in _defined(c)}]
        imports = [c for c in cells if c.lstrip().startswith(("import ", "from "))]
        return "\n\n".join([c for c in imports if "%" not in c] + wanted)

    return source


def _defined(source: str) -> set[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set()
    functions = {n.name for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    targets = {
        t.id
        for n in body
        if isinstance(n, ast.Assign)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    return functions | targets
