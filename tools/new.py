"""Write the skeleton of what an author adds: `python -m tools.new NAME`.

NAME is a chapter (ch04_dependencies), a further lesson of one (ch04b_lifetimes), or a further
exercise with the name of its answer (ch04-ex2 get_session). What it writes runs, is checked and
has its place from the first minute; `python -m tools.layout` lists what still says TODO.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.checking.exercise import stems
from course.failure import CannotContinue
from course.names import EXERCISE, LESSON, STEM, chapter_of
from course.project import ROOT
from tools.run import dumps

SKELETON = Path(__file__).parent / "skeleton"
IMPORTS = (
    "from sqlalchemy import select\nfrom sqlalchemy.ext.asyncio import AsyncSession\n\n"
    "from lantern.theatre import Show\n"
)
SIGNATURE = "async def {answer}(session: AsyncSession, least: int) -> list[str]:\n"
LARGE = "select(Show.title).where(Show.capacity >= least).order_by(Show.title)"
BODY = f"return list(await session.scalars({LARGE}))"
ANSWERS = {
    "right-sorted-here": (
        "sorted here", "", "shows = await session.scalars(select(Show))\n"
        "    return sorted(show.title for show in shows if show.capacity >= least)"
    ),
    "wrong-in-no-order": ("in which order?", "titles", BODY.replace(".order_by(Show.title)", "")),
    "wrong-more-seats": ("due is", "titles", BODY.replace(">=", ">")),
    "wrong-one-after-the-other": (
        "statements were sent", "statement",
        f"ids = (await session.scalars({LARGE.replace('select(Show.title)', 'select(Show.id)')}))"
        ".all()\n    return [(await session.get_one(Show, id)).title for id in ids]",
    ),
    "wrong-counted-first": (
        "statements were sent", "statement",
        "if not (await session.scalars(select(Show.id))).all():\n        return []\n    " + BODY,
    ),
}  # fmt: skip
NEXT = """\
{name} stands. It runs as it is; now, in an order in which each step can be tried:

1. solutions/{stem}.ipynb: the exercise's text and its answer.  python -m tools.run, tools.cut
2. course/checks/{stem}/{answer}.py: the case, observe, judge.  python -m tools.fairness {exercise}
3. answers/{exercise}/: right answers of other shapes, and two wrong ones for each promise
4. notebooks/{chapter}a_{slug}.ipynb: the lesson that makes it solvable.  python -m tools.run
   tests/lessons/changes/{chapter}a_{slug}.py: what each Change one thing comes to, as in the others
5. book/{stem}.md: question, objectives, picture, quiz, what was heard, errors, recap
6. python -m tools.layout, then python -m course test -k {chapter}, and all of it

python -m tools.layout says at any time what is missing."""


def chapter(stem: str, root: Path) -> list[Path]:
    """Write a chapter with one lesson and one exercise, and its lines in the contents."""
    number, _, slug = stem.partition("_")
    values = {"stem": stem, "chapter": number, "slug": slug}
    written = [_write(root / f"book/{stem}.md", _filled("page.md", **values))]
    written += lesson(f"{number}a_{slug}", root)
    title = new_markdown_cell("# Solutions: TODO\n\nTODO: what the exercises are about.")
    imports = new_code_cell("from course import check")
    written.append(_notebook(root / f"solutions/{stem}.ipynb", [title, imports], number))
    written += exercise(f"{number}-ex1", "titles", root, stem)
    contents = root / "_toc.yml"
    contents.write_text(_with_chapter(contents.read_text("utf-8"), stem, slug), "utf-8")
    return [*written, contents]


def lesson(name: str, root: Path) -> list[Path]:
    """Write a lesson: its four opening lines, and one round of predict, run, why and change."""
    head, _, _ = name.partition("_")
    cells = [
        new_markdown_cell(
            "# TODO: the lesson's title\n\n- **You will be able to** TODO.\n- **You need** TODO.\n"
            "- **Not here:** TODO.\n- TODO minutes"
        ),
        new_markdown_cell(
            "**Predict.** TODO: a question with two to four answers?\n\n- 2\n- 4",
            metadata={"prediction": {"right": 1, "said": ["TODO: why so.", "TODO: why not."]}},
        ),
        new_code_cell("1 + 1", metadata={"tags": ["hide-output", "objective-first"]}),
        new_markdown_cell("**Why.** TODO: at most three sentences."),
        new_markdown_cell(
            "**Change one thing.**\nTODO: what to try.\n\n"
            "<details><summary>What to expect</summary>\n\nTODO: what comes of it.\n\n</details>"
        ),
    ]
    return [_notebook(root / f"notebooks/{name}.ipynb", cells, head)]


def exercise(name: str, answer: str, root: Path, stem: str) -> list[Path]:
    """Write an exercise: its cells in the solution, its check, and its known answers."""
    values = {"stem": stem, "exercise": name, "answer": answer, "constant": answer.upper()}
    folder = root / "course/checks" / stem
    written = [_write(folder / f"{answer}.py", _filled("exercise.txt", **values))]
    if not (folder / "__init__.py").exists():
        written.append(_write(folder / "__init__.py", _filled("checks.txt", **values)))
    head = f"{IMPORTS}\n\n{SIGNATURE.format(answer=answer)}"
    for file, (words, breaks, body) in ANSWERS.items():
        header = f"# {words}\n" + (f"# breaks: {breaks}\n" if breaks else "")
        text = f"{header}\n{head}    {body}\n"
        written.append(_write(root / "answers" / name / f"{file}.py", text))
    path = root / f"solutions/{stem}.ipynb"
    solution = nbformat.read(path, as_version=4)
    number = name.rpartition("ex")[2]
    solution.cells += _numbered(
        [
            new_markdown_cell(f"## {name}: TODO\n\nTODO: what is asked, and what is promised."),
            new_code_cell(
                f'{head}    """TODO: the promise."""\n    # BEGIN SOLUTION\n    {BODY}\n'
                "    # END SOLUTION",
                metadata={"tags": [name, "hide-input"]},
            ),
            new_code_cell(f'await check("{name}", {answer})', metadata={"tags": ["check"]}),
            new_markdown_cell("**Why this way.** TODO.", metadata={"tags": ["solution"]}),
        ],
        f"{chapter_of(name)}-s{number}",
    )
    path.write_text(dumps(solution), "utf-8")
    return [*written, path]


def _filled(name: str, **values: str) -> str:
    text = (SKELETON / name).read_text("utf-8")
    if name.endswith(".md"):  # MyST's directives have braces of their own
        for word, value in values.items():
            text = text.replace(f"{{{word}}}", value)
        return text
    return text.format(**values)


def _notebook(path: Path, cells: list[NotebookNode], prefix: str) -> Path:
    return _write(path, dumps(new_notebook(cells=_numbered(cells, prefix))))


def _numbered(cells: list[NotebookNode], prefix: str) -> list[NotebookNode]:
    for number, cell in enumerate(cells, 1):
        cell.id = f"{prefix}-{number:02}"
    return cells


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise CannotContinue(f"{path.name} is there already, and nothing is written over.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _with_chapter(contents: str, stem: str, slug: str) -> str:
    """Return the contents with a chapter in its place among the others."""
    lines = contents.splitlines(keepends=True)
    of_chapters = [n for n, line in enumerate(lines) if line.startswith("  - file: book/ch")]
    after = [n for n in of_chapters if lines[n].strip() > f"- file: book/{stem}"]
    place = after[0] if after else next(
        n for n in range(of_chapters[-1] + 1, len(lines)) if lines[n].startswith("  - file: ")
    )  # fmt: skip
    number = chapter_of(stem)
    pages = (f"notebooks/{number}a_{slug}", f"exercises/{stem}", f"solutions/{stem}")
    entry = [f"  - file: book/{stem}\n    sections:\n"]
    entry += [f"      - file: {page}\n" for page in pages]
    return "".join([*lines[:place], *entry, *lines[place:]])


def main(name: str, answer: str, root: Path = ROOT) -> str:
    """Write what a name asks for; return what to do next. Raises CannotContinue."""
    if EXERCISE.fullmatch(name):
        found = [stem for stem in stems() if chapter_of(stem) == chapter_of(name)]
        if not found or not answer.isidentifier():
            raise CannotContinue("Write a chapter's exercise and its answer: ch04-ex2 get_session")
        known = list((root / "answers").glob(f"{chapter_of(name)}-ex*"))
        if name != (following := f"{chapter_of(name)}-ex{len(known) + 1}"):
            raise CannotContinue(f"The next exercise of {found[0]} is {following}.")
        exercise(name, answer, root, found[0])
        return f"Add {answer.upper()} to EXERCISES in course/checks/{found[0]}/__init__.py."
    if LESSON.fullmatch(name):
        lesson(name, root)
        return f"Add notebooks/{name} to _toc.yml, and a line for it to the chapter's page."
    if STEM.fullmatch(name):
        chapter(name, root)
        number, _, slug = name.partition("_")
        return NEXT.format(name=name, stem=name, chapter=number, slug=slug,
                           answer="titles", exercise=f"{number}-ex1")  # fmt: skip
    raise CannotContinue(f"{name} is no name: chNN_slug, chNNb_slug, or chNN-exM ANSWER.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="ch04_dependencies, ch04b_lifetimes, or ch04-ex2")
    parser.add_argument("answer", nargs="?", default="", help="of an exercise: its answer's name")
    arguments = parser.parse_args()
    try:
        print(main(arguments.name, arguments.answer))
    except CannotContinue as problem:
        sys.exit(str(problem))
