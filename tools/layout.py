"""Check that the parts of the course belong together: `python -m tools.layout`.

The path tells the partner: nothing but the stem links a chapter's page, lessons, solution,
exercises, checks and tests.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
STEM = re.compile(r"ch\d\d_\w+")
LESSON = re.compile(r"ch\d\d[a-z]_\w+")
PARTNERS = ("solutions/{}.ipynb", "exercises/{}.ipynb", "course/checks/{}.py",
            "tests/checks/test_{}.py")  # fmt: skip
PAGES = {"book": "md", "notebooks": "ipynb", "exercises": "ipynb", "solutions": "ipynb"}
MOST_CELLS, MOST_LINES, MOST_WORDS = 35, 20, 120
# Words the course does without: they hurry the reader or praise the writer.
UNWANTED = re.compile(r"\b(simply|just|blazing\w*|seamless\w*|effortless\w*|obviously)\b", re.I)
UNSTABLE = re.compile(r" at 0x[0-9a-f]+|/home/|/Users/|/tmp/|[A-Z]:\\\\")


def problems(root: Path) -> Iterator[str]:
    """Yield a sentence for everything that does not belong together."""
    chapters = sorted(p.stem for p in (root / "book").glob("ch*.md"))
    yield from _partners(root, chapters)
    yield from _strays(root, chapters)
    yield from _contents(root)
    for stem in chapters:
        yield from _exercises(root, stem)
        yield from _objectives(root, stem)
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            yield from _cells(path)
    for path in sorted((root / "book").glob("*.md")):
        yield from _words(path.name, path.read_text(encoding="utf-8"))


def _partners(root: Path, chapters: list[str]) -> Iterator[str]:
    for stem in chapters:
        for partner in PARTNERS:
            if not (root / partner.format(stem)).exists():
                yield f"book/{stem}.md has no {partner.format(stem)}."
        if not list((root / "notebooks").glob(f"{stem[:4]}[a-z]_*.ipynb")):
            yield f"book/{stem}.md has no lesson notebooks/{stem[:4]}a_….ipynb."


def _strays(root: Path, chapters: list[str]) -> Iterator[str]:
    for folder, ending in PAGES.items():
        for path in sorted((root / folder).iterdir()):
            if path.name == ".ipynb_checkpoints":
                continue
            if path.suffix != f".{ending}":
                yield f"{folder}/{path.name} is not a .{ending} file and belongs elsewhere."
            elif folder == "notebooks" and not (
                LESSON.fullmatch(path.stem) and any(s[:4] == path.stem[:4] for s in chapters)
            ):
                yield f"notebooks/{path.name} belongs to no chapter; a lesson is named chNNa_slug."
            elif folder in ("exercises", "solutions") and path.stem not in chapters:
                yield f"{folder}/{path.name} has no chapter page book/{path.stem}.md."
    for path in sorted((root / "course" / "checks").glob("*.py")):
        if STEM.fullmatch(path.stem) and path.stem not in chapters:
            yield f"course/checks/{path.name} has no chapter page book/{path.stem}.md."


def _contents(root: Path) -> Iterator[str]:
    text = (root / "_toc.yml").read_text(encoding="utf-8")
    listed = [yaml.safe_load(text)["root"], *re.findall(r"file:\s*(\S+)", text)]
    present = {
        f"{folder}/{path.stem}" for folder, ending in PAGES.items()
        for path in (root / folder).glob(f"*.{ending}")
    }  # fmt: skip
    for page in sorted(present - set(listed)):
        yield f"_toc.yml does not list {page}."
    for page in sorted(set(listed) - present):
        yield f"_toc.yml lists {page}, which does not exist."
    for page in sorted({page for page in listed if listed.count(page) > 1}):
        yield f"_toc.yml lists {page} twice."


def _exercises(root: Path, stem: str) -> Iterator[str]:
    checks, solution = root / f"course/checks/{stem}.py", root / f"solutions/{stem}.ipynb"
    tests = root / f"tests/checks/test_{stem}.py"
    if not (checks.exists() and solution.exists() and tests.exists()):
        return
    cells = json.loads(solution.read_text(encoding="utf-8"))["cells"]
    declared = _exercise_ids(checks)
    tagged = {tag for cell in cells for tag in _tags(cell) if re.fullmatch(r"ch\d\d-ex\d+", tag)}
    for name in sorted(declared | tagged):
        answers = ["".join(cell["source"]) for cell in cells if name in _tags(cell)]
        checked = [c for c in cells if "check" in _tags(c) and name in "".join(c["source"])]
        if name not in declared:
            yield f"{solution.name} has a cell tagged {name}, and course/checks knows no {name}."
        elif not answers:
            yield f"{solution.name} has no cell tagged {name}."
        elif not any("# BEGIN SOLUTION" in answer for answer in answers):
            yield f"The answer to {name} in {solution.name} has no marks to cut between."
        elif len(checked) != 1:
            yield f'{solution.name} needs one cell tagged check with await check("{name}", …).'
        elif f'"{name}"' not in tests.read_text(encoding="utf-8"):
            yield f"tests/checks/{tests.name} does not test {name}."


def _objectives(root: Path, stem: str) -> Iterator[str]:
    """Each objective is shown by a cell and practised by an exercise; the site asks it."""
    page = (root / "book" / f"{stem}.md").read_text(encoding="utf-8")
    block = re.search(r":::\{objectives\}\n(.*?)\n:::", page, re.DOTALL)
    named = set(re.findall(r"(?m)^- ([a-z-]+):", block[1])) if block else set()
    shown = {
        tag.removeprefix("objective-")
        for path in (root / "notebooks").glob(f"{stem[:4]}[a-z]_*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for tag in _tags(cell)
        if tag.startswith("objective-")
    }
    checks = root / f"course/checks/{stem}.py"
    source = checks.read_text(encoding="utf-8") if checks.exists() else ""
    lists = re.findall(r"objectives=\(([^)]*)\)", source)
    practised = {name for names in lists for name in re.findall(r'"([a-z-]+)"', names)}
    for name in sorted(named - shown):
        yield f"book/{stem}.md: no cell is tagged objective-{name}."
    for name in sorted(named - practised):
        yield f"book/{stem}.md: no exercise practises the objective {name}."
    for name in sorted((shown | practised) - named):
        yield f"book/{stem}.md does not name the objective {name}."


def _exercise_ids(checks: Path) -> set[str]:
    """Read the ids from the source, so that a layout can be checked without importing it."""
    tree = ast.parse(checks.read_text(encoding="utf-8"))
    return {
        keyword.value.value for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Exercise"
        for keyword in node.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    }  # fmt: skip


def _cells(path: Path) -> Iterator[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    if len(code) > MOST_CELLS:
        yield f"{path.name} has {len(code)} code cells; {MOST_CELLS} are the most."
    exempt = [cell for cell in code if "nbval-ignore-output" in _tags(cell)]
    if len(exempt) > 1 or any("nbval-skip" in _tags(cell) for cell in code):
        yield f"{path.name} exempts cells from proof; one nbval-ignore-output is the most."
    for cell in cells:
        source, name = "".join(cell["source"]), f"{path.name} cell {cell['id']}"
        if cell["cell_type"] == "markdown":
            yield from _words(name, source)
            words = len(re.sub(r"(?m)^\|.*$", "", source).split())
            if path.parent.name == "notebooks" and words > MOST_WORDS:
                yield f"{name} has {words} words; {MOST_WORDS} are the most."
            continue
        if source.count("\n") >= MOST_LINES:
            yield f"{name} has more than {MOST_LINES} lines."
        # nbval never compares a cell without a number, whatever it printed.
        if cell["execution_count"] is None:
            yield f"{name} was never run: python -m tools.run {path.parent.name}/{path.name}"
        if match := UNSTABLE.search(json.dumps(cell["outputs"])):
            yield f"{name} printed {match[0]!r}, which differs from machine to machine."


def _words(name: str, text: str) -> Iterator[str]:
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    for match in UNWANTED.finditer(prose):
        yield f"{name} says {match[0]!r}; the sentence is better without it."


def _tags(cell: dict) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


if __name__ == "__main__":
    found = list(problems(ROOT))
    print("\n".join(found) or "The layout is right.")
    sys.exit(1 if found else 0)
