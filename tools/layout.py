"""Check that the parts of the course belong together: `python -m tools.layout`.

The path tells the partner: nothing but the stem links a chapter's page, lessons, solution,
exercises, checks and tests.
"""

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from course.names import EXERCISE, LESSON, OBJECTIVE, STEM, chapter_of
from course.notebook import code_cells, read, source, tagged, tags
from course.project import ROOT
from tools.answers import known_answers
from tools.cut import as_shown
from tools.knobs import problems as problems_of_knobs
from tools.predictions import predictions_of
from tools.predictions import problems as problems_of
from tools.words import problems_of_words, titles_of

PARTNERS = ("solutions/{}.ipynb", "exercises/{}.ipynb", "course/checks/{}/__init__.py")
PAGES = {"book": "md", "notebooks": "ipynb", "exercises": "ipynb", "solutions": "ipynb"}
MOST_CELLS, MOST_LINES, MOST_WORDS = 35, 20, 120
FEWEST_HINTS, FEWEST_WRONG = 2, 3
CLEARLY = 0.8  # of the next longer option
FEWEST_QUESTIONS = 4  # of which the places and lengths of the right options tell something
ASKED = re.compile(r"^:objective: *(\S+)", re.MULTILINE)  # by a quiz
UNSTABLE = re.compile(r" at 0x[0-9a-f]+|/home/|/Users/|/tmp/|[A-Z]:\\\\")


def problems(root: Path) -> Iterator[str]:
    """Yield a sentence for everything that does not belong together."""
    chapters = sorted(p.stem for p in (root / "book").glob("ch*.md"))
    titles = titles_of(root)
    yield from _partners(root, chapters)
    yield from _strays(root, chapters)
    yield from _contents(root)
    for stem in chapters:
        yield from _exercises(root, stem)
        yield from _objectives(root, stem)
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            yield from _cells(path, titles)
            yield from _predictions(path, titles)
    for path in sorted((root / "book").glob("*.md")):
        yield from problems_of_words(path.name, path.read_text(encoding="utf-8"), titles)
        yield from _guessable(path.name, path.read_text(encoding="utf-8"))
    yield from _to_be_written(root)


def _partners(root: Path, chapters: list[str]) -> Iterator[str]:
    for stem in chapters:
        for partner in PARTNERS:
            if not (root / partner.format(stem)).exists():
                yield f"book/{stem}.md has no {partner.format(stem)}."
        if not _lessons(root, stem):
            yield f"book/{stem}.md has no lesson notebooks/{chapter_of(stem)}a_….ipynb."


def _strays(root: Path, chapters: list[str]) -> Iterator[str]:
    for folder, ending in PAGES.items():
        for path in sorted((root / folder).iterdir()):
            if path.name == ".ipynb_checkpoints":
                continue
            if path.suffix != f".{ending}":
                yield f"{folder}/{path.name} is not a .{ending} file and belongs elsewhere."
            elif folder == "notebooks" and not LESSON.fullmatch(path.stem):
                yield f"notebooks/{path.name} is no lesson's name: chNNa_slug.ipynb."
            elif folder == "notebooks" and chapter_of(path.stem) not in map(chapter_of, chapters):
                yield f"notebooks/{path.name} has no page book/{chapter_of(path.stem)}_….md yet."
            elif folder in ("exercises", "solutions") and path.stem not in chapters:
                yield f"{folder}/{path.name} has no chapter page book/{path.stem}.md."
    for path in sorted((root / "course" / "checks").iterdir()):
        if STEM.fullmatch(path.stem) and path.stem not in chapters:
            yield f"course/checks/{path.name} has no chapter page book/{path.stem}.md."
    declared = {name for stem in chapters for name in declared_exercises(root, stem)}
    for path in sorted((root / "answers").iterdir()):
        if path.name not in declared:
            yield f"answers/{path.name} belongs to no exercise of course/checks."


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


def _guessable(name: str, page: str) -> Iterator[str]:
    """A right option has no usual length, and no usual place, among others of a page."""
    questions = [
        re.findall(r"(?m)^- \[([ x])\] (.*)$", block)
        for block in re.findall(r":::\{quiz\}.*?\n:::", page, re.DOTALL)
    ]
    right = [[mark for mark, _ in options].index("x") for options in questions]
    if len(questions) < FEWEST_QUESTIONS:
        return
    longest = shortest = 0
    for options, place in zip(questions, right, strict=True):
        others = [len(text) for mark, text in options if mark == " "]
        longest += len(options[place][1]) >= max(others)
        shortest += len(options[place][1]) < CLEARLY * min(others)
    for word, often in (("longest", longest), ("shortest by far", shortest)):
        if often > len(questions) / 2:
            of = f"{often} of {len(questions)} questions"
            yield f"{name}: the right option is the {word} in {of}."
    for place in set(right):
        if right.count(place) > len(questions) / 2:
            count = right.count(place)
            yield f"{name}: the right option stands at place {place + 1} in {count} questions."


def _to_be_written(root: Path) -> Iterator[str]:
    """What `python -m tools.new` left for the author, in the order in which it is best written."""
    for place in ("solutions/*.ipynb", "course/checks/ch*/*.py", "notebooks/*.ipynb", "book/*.md"):
        for path in sorted(root.glob(place)):
            if count := path.read_text(encoding="utf-8").count("TODO"):
                name = path.relative_to(root).as_posix()
                yield f"{name} still says TODO, {count} times."


def _exercises(root: Path, stem: str) -> Iterator[str]:
    path = root / f"solutions/{stem}.ipynb"
    if not path.exists():
        return
    notebook, declared = read(path), declared_exercises(root, stem)
    if not source(notebook["cells"][0]).startswith("# Solutions: "):
        yield f"{path.name} does not begin with the title `# Solutions: …`, which the cut renames."
    named = {tag for cell in notebook["cells"] for tag in tags(cell) if EXERCISE.fullmatch(tag)}
    for name in sorted(declared.keys() | named):
        answers = [source(cell) for cell in tagged(notebook, name)]
        checked = [c for c in tagged(notebook, "check") if f'check("{name}"' in source(c)]
        if name not in declared:
            yield f"{path.name} has a cell tagged {name}, and course/checks knows no {name}."
        elif not answers:
            yield f"{path.name} has no cell tagged {name}."
        elif not any("# BEGIN SOLUTION" in answer for answer in answers):
            yield f"The answer to {name} in {path.name} has no marks to cut between."
        elif len(checked) != 1:
            yield f'{path.name} needs one cell tagged check with await check("{name}", …).'
        else:
            yield from _known(root, name, declared[name])
    yield from _given_away(path.name, notebook["cells"])


def _known(root: Path, name: str, declared: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """What an exercise has beside its check: hints, and the answers that its check is tested on."""
    if len(declared["hints"]) < FEWEST_HINTS:
        yield f"{name} has {len(declared['hints'])} hints; {FEWEST_HINTS} are the least."
    try:
        known = known_answers(name, root / "answers")
    except ValueError as problem:
        yield f"answers/{name}: {problem}"
        return
    if not any(answer.passes for answer in known):
        yield f"answers/{name} has no right answer of another shape: right-….py."
    wrong = sum(not answer.passes for answer in known)
    if wrong < FEWEST_WRONG:
        least = f"{FEWEST_WRONG} are the least"
        yield f"answers/{name} has {wrong} wrong answers, wrong-….py; {least}."


def _given_away(name: str, cells: list[dict]) -> Iterator[str]:
    """A sentence on an answer stands below its check, and must not be cut into the exercises."""
    below = False
    for cell in cells:
        if cell["cell_type"] == "code":
            below = "check" in tags(cell)
        elif source(cell).lstrip().startswith("#"):
            below = False
        elif below and "solution" not in tags(cell):
            yield f"{name} cell {cell['id']} explains an answer and is not tagged solution."


def _lessons(root: Path, stem: str) -> list[Path]:
    return sorted((root / "notebooks").glob(f"{chapter_of(stem)}[a-z]_*.ipynb"))


def _objectives(root: Path, stem: str) -> Iterator[str]:
    """Each objective is shown by a cell and practised by an exercise; quizzes ask no other.

    That each is asked is seen where the site is built.
    """
    page = (root / "book" / f"{stem}.md").read_text(encoding="utf-8")
    block = re.search(r":::\{objectives\}\n(.*?)\n:::", page, re.DOTALL)
    lines = block[1].splitlines() if block else []
    named = {match[1] for line in lines if (match := OBJECTIVE.fullmatch(line.rstrip()))}
    shown = {
        tag.removeprefix("objective-")
        for path in _lessons(root, stem)
        for cell in read(path)["cells"]
        for tag in tags(cell)
        if tag.startswith("objective-")
    }
    practised = {
        name for each in declared_exercises(root, stem).values() for name in each["objectives"]
    }
    asked = set(ASKED.findall(page))
    for name in sorted(named - shown):
        yield f"book/{stem}.md: no cell is tagged objective-{name}."
    for name in sorted(named - practised):
        yield f"book/{stem}.md: no exercise practises the objective {name}."
    for name in sorted((shown | practised | asked) - named):
        yield f"book/{stem}.md does not name the objective {name}."


def declared_exercises(root: Path, stem: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the hints and objectives of a chapter's exercises by id, read from the source.

    So a layout can be checked without importing it.
    """
    found = {}
    for path in sorted((root / "course" / "checks" / stem).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Exercise":
                values = {keyword.arg: keyword.value for keyword in node.keywords}
                name = ast.literal_eval(values["id"])
                found[name] = {
                    field: ast.literal_eval(values[field]) for field in ("hints", "objectives")
                }
    return found


def _cells(path: Path, titles: set[str]) -> Iterator[str]:
    notebook = read(path)
    code = code_cells(notebook)
    if len(code) > MOST_CELLS:
        yield f"{path.name} has {len(code)} code cells; {MOST_CELLS} are the most."
    exempt = [cell for cell in code if "nbval-ignore-output" in tags(cell)]
    if len(exempt) > 1 or any("nbval-skip" in tags(cell) for cell in code):
        yield f"{path.name} exempts cells from proof; one nbval-ignore-output is the most."
    for cell in notebook["cells"]:
        text, name = source(cell), f"{path.name} cell {cell['id']}"
        if cell["cell_type"] == "markdown":
            yield from problems_of_words(name, text, titles)
            words = len(re.sub(r"(?m)^\|.*$", "", text).split())
            if path.parent.name == "notebooks" and words > MOST_WORDS:
                yield f"{name} has {words} words; {MOST_WORDS} are the most."
            continue
        # The marks are not shown, nor is an answer together with the code that it repairs.
        if as_shown(text).count("\n") >= MOST_LINES:
            yield f"{name} has more than {MOST_LINES} lines."
        for problem in problems_of_knobs(text):
            yield f"{name}: {problem}"
        # nbval never compares a cell without a number, whatever it printed.
        if cell["execution_count"] is None:
            yield f"{name} was never run: python -m tools.run {path.parent.name}/{path.name}"
        if match := UNSTABLE.search(str(cell["outputs"])):
            yield f"{name} printed {match[0]!r}, which differs from machine to machine."
    for before, cell in itertools.pairwise(notebook["cells"]):
        shown = cell.get("outputs") and "hide-output" not in tags(cell)
        if shown and "hide-output" in tags(before):
            yield f"{path.name} cell {cell['id']} shows what the fold above it holds back."


def _predictions(path: Path, titles: set[str]) -> Iterator[str]:
    """A prediction with choices says which is right, and something of each."""
    for asked in predictions_of(read(path)):
        name = f"{path.name} cell {asked.cell}"
        for problem in problems_of(asked):
            yield f"{name} asks for a prediction and {problem}"
        for said in asked.said:
            yield from problems_of_words(name, said, titles)


if __name__ == "__main__":
    found = list(problems(ROOT))
    print("\n".join(found) or "The layout is right.")
    sys.exit(1 if found else 0)
