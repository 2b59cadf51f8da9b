"""Measure speed and size, each beside its floor in the same run: `python -m tools.bench [PART …]`.

Each part is measured whole and takes its place in BENCHMARK.md; without a part all of them are. A
ratio is the median over rounds, and both sides of a round run one after the other, so that a busy
machine disturbs both alike.
"""

import argparse
import asyncio
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median

from course.cores import usable_cores
from course.project import ROOT
from course.setup.environment import leave_out_colours, put_first
from tools.bench.browser_speed import browser
from tools.bench.grading_speed import grade
from tools.bench.knob_speed import knobs
from tools.bench.measure import IMPORTS, ROUNDS, Row, beside, seconds, table
from tools.bench.orders_speed import orders
from tools.bench.plugin_speed import plugin
from tools.bench.postgres_speed import postgres
from tools.run import FOLDERS

REPORT = ROOT / "BENCHMARK.md"
HEAD = (
    "# Speed and size\n\n"
    "Written by `python -m tools.bench [PART …]`, each part in one run. Read the ratios: both "
    "sides of one were measured in turn on the same machine.\n"
)
SECTION = re.compile(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NOTEBOOKS = [f"{folder}/{p.name}" for folder in FOLDERS for p in sorted((ROOT / folder).glob("*"))]
EXECUTE = """
import course.setup.without_grammars
import sys
from concurrent.futures import ThreadPoolExecutor
import nbformat
from nbclient import NotebookClient
def execute(path):
    client = NotebookClient(nbformat.read(path, as_version=4), timeout=60,
                            resources={"metadata": {"path": path.rpartition("/")[0]}})
    client.execute()
with ThreadPoolExecutor(int(sys.argv[1])) as pool:
    list(pool.map(execute, sys.argv[2:]))
"""
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with=tests/sanitize.cfg", "-q"]


def notebooks() -> Iterator[Row]:
    """Strict nbval over all notebooks beside nbclient, which runs them and compares nothing."""
    cores = str(usable_cores())
    put_first()
    leave_out_colours()
    nbval = [sys.executable, "-m", "pytest", "-n", cores, "--dist", "loadfile", *NBVAL, *NOTEBOOKS]
    nbclient = [sys.executable, "-c", EXECUTE, cores, *NOTEBOOKS]
    yield beside(
        f"strict nbval ÷ nbclient, {len(NOTEBOOKS)} notebooks, {cores} at a time",
        lambda: seconds(nbval), lambda: seconds(nbclient), "at most 1.0",
    )  # fmt: skip


def site() -> Iterator[Row]:
    """A build with nothing changed, and with one chapter changed, beside a build from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "course"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", "_build", "workspace"))
        chapter = sorted((tree / "book").glob("ch*.md"))[-1]
        command = [sys.executable, "-m", "tools.site", "."]

        def cold() -> float:
            shutil.rmtree(tree / "_build", ignore_errors=True)
            return seconds(command, cwd=tree)

        def changed() -> float:
            chapter.write_text(chapter.read_text("utf-8") + "\nOne more sentence.\n", "utf-8")
            return seconds(command, cwd=tree)

        def unchanged() -> float:
            return seconds(command, cwd=tree)

        for what, again in (("nothing changed", unchanged), ("one chapter changed", changed)):
            pairs = []
            for _ in range(ROUNDS):
                whole = cold()
                pairs.append((again(), whole))
            values, floors = zip(*pairs, strict=True)
            ratio = median(value / whole for value, whole in pairs)
            yield Row(
                f"site build, {what} ÷ from nothing",
                f"{median(values):.2f} s", f"{median(floors):.2f} s", ratio, "below 1.0",
            )  # fmt: skip


def checks() -> Iterator[Row]:
    """A check in a notebook beside its bare functions, and one in a terminal beside the imports."""
    from course import check
    from course.checking.exercise import find

    _, exercise = find("ch01-ex2")

    async def report_async(path: str, build_report: Callable[[str], str]) -> str:
        return await asyncio.to_thread(build_report, path)

    async def in_notebook() -> None:
        (await check(exercise.id, report_async))._repr_html_()

    async def bare() -> None:
        exercise.verdict(await exercise.observed(1, report_async), 1)

    def repeated(work: Callable[[], object]) -> float:
        async def all_of_them() -> float:
            began = time.perf_counter()
            for _ in range(200):
                await work()
            return time.perf_counter() - began

        return asyncio.run(all_of_them())

    yield beside(
        "200 checks in a notebook ÷ their observe and judge",
        lambda: repeated(in_notebook), lambda: repeated(bare), "at most 1.5", 5,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as workspace:
        # The solutions stand in for a learner's work, and no learner's is touched.
        shutil.copytree(ROOT / "solutions", workspace, dirs_exist_ok=True)
        environment = {**os.environ, "LANTERN_WORKSPACE": workspace}
        command = [sys.executable, "-m", "course", "check", exercise.id]
        yield beside(
            "course check in a terminal ÷ importing fastapi and sqlalchemy",
            lambda: seconds(command, env=environment),
            lambda: seconds([sys.executable, "-c", IMPORTS]), "at most 2", 5,
        )  # fmt: skip


def pages() -> Iterator[Row]:
    """A chapter page on a phone over slow 4G beside mkdocs-material with the same text."""
    from tools.bench.page_weight import compare

    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "tools.site", ".", "--path-output", folder]
        seconds(build)
        chapter = sorted((ROOT / "book").glob("ch*.md"))[-1]
        page = f"book/{chapter.stem}.html"
        result = compare(Path(folder) / "_build" / "html", page, chapter)
    ours, theirs, ratio = result["lantern"], result["material"], result["ratio"]
    targets = {"bytes": "at most 110 KB", "largest_contentful_paint": "at most 1.2"}
    units = {"bytes": (1000, "KB"), "requests": (1, "")}
    for name in ratio:
        scale, unit = units.get(name, (1, "ms"))
        yield Row(
            f"{page} ÷ mkdocs-material: {name.replace('_', ' ')}",
            f"{ours[name] / scale:.0f} {unit}", f"{theirs[name] / scale:.0f} {unit}",
            ratio[name], targets.get(name, ""),
        )  # fmt: skip


def start() -> Iterator[Row]:
    """From git clone to the served book with packages in the cache, and the second start."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "course"
        began = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
        cloned = time.perf_counter() - began
        first, second = served(tree), served(tree)
    yield Row("git clone to the served book", f"{cloned + first:.1f} s", "", None, "31 s on trial")
    yield Row("the second make start", f"{second:.1f} s", "", second / first, "seconds")


def served(tree: Path) -> float:
    """Return the seconds until `make start` prints its address, and stop it again."""
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    base = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")
    command = [str(base), "-m", "course", "start", "--no-browser"]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        for line in process.stdout or ():
            if "http://127.0.0.1" in line and "token=" in line:
                return time.perf_counter() - began
        raise RuntimeError("The course ended without printing an address.")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


EVERY = (
    notebooks, site, checks, pages, start, browser, knobs, orders, plugin, grade, postgres
)  # fmt: skip
PARTS = {part.__name__: part for part in EVERY}


def main(chosen: list[str]) -> None:
    for name in chosen or PARTS:
        rows: list[Row] = []
        paragraphs: list[str] = []
        for measured in PARTS[name]():
            if isinstance(measured, str):
                paragraphs.append(f"\n{measured}\n")
                print(measured, flush=True)
            else:
                rows.append(measured)
                print(table([measured]).splitlines()[-1], flush=True)
        _write(name, f"{table(rows)}{''.join(paragraphs)}")


def _write(name: str, measured: str) -> None:
    """Put what was measured of a part in the place of what stood there, in the order of PARTS."""
    machine = f"{usable_cores()} cores, Python {platform.python_version()}, {platform.system()}"
    sections = dict(SECTION.findall(REPORT.read_text(encoding="utf-8")))
    what = (PARTS[name].__doc__ or "").splitlines()[0]
    sections[name] = f"{what}\nMeasured on {date.today()} with {machine}.\n\n{measured}"
    parts = [f"\n## {part}\n\n{sections[part].strip()}\n" for part in PARTS if part in sections]
    REPORT.write_text(HEAD + "".join(parts), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="*", help=", ".join(PARTS))
    parts = parser.parse_args().part
    if unknown := set(parts) - PARTS.keys():
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    main(parts)
