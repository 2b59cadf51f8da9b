"""Runs chapter 6's last sale on a PostgreSQL: `python -m tests.lessons.final_purchase URL`.

It is the lesson's own cells, those that define and the one with two processes, on another engine.
"""

import ast
import asyncio
import inspect
import linecache
import sys
from collections import Counter
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.project import ROOT
from lantern.theatre import Guest, audit

LESSON = ROOT / "notebooks" / "ch06c_double_click.ipynb"
NAMED = {"hide-input", "two-processes"}  # cells with tags run something, but for these
# What the lesson says of its SQLite file, and what is said here.
INSTEAD = {
    "make_engine(pool_timeout=60)": "make_engine(sys.argv[1], pool_timeout=60)",
    "str(engine.url)": "engine.url.render_as_string(hide_password=False)",
}


def cells() -> list[NotebookNode]:
    """Return the lesson's cells, down to the one with two processes, that this needs."""
    found = []
    for cell in nbformat.read(LESSON, as_version=4).cells:
        tags = set(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and (not tags or tags & NAMED):
            found.append(cell)
        if "two-processes" in tags:
            break
    return found


async def run(number: int, source: str, names: dict[str, Any]) -> None:
    """Run a cell as a notebook does; what it defines can be read again by its lines."""
    for old, new in INSTEAD.items():
        source = source.replace(old, new)
    # A lesson gives its processes whole cells: what else they say is not for them.
    name = f"<cell {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    code = compile(source, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if inspect.isawaitable(running := eval(code, names)):
        await running


async def main() -> None:
    names: dict[str, Any] = {"__name__": "__main__", "sys": sys, "Counter": Counter}
    *definitions, sale = cells()
    for number, cell in enumerate(definitions):
        await run(number, cell.source, names)
    async with names["Write"].begin() as session:
        session.add_all(Guest(id=n, email=f"guest-{n}@lantern.example") for n in range(5, 405))
    await run(len(definitions), sale.source, names)
    told = Counter((first[-1][:3], second[-1][:3]) for first, second in names["told"])
    print(dict(sorted(told.items())))
    print(await audit(names["engine"]))
    await names["engine"].dispose()


if __name__ == "__main__":
    asyncio.run(main())
