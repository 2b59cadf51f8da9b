"""Whatever is handed in, each file has a row or a sentence, and the others are as without it.

`python -m tests.grading.test_anything NUMBER` hands in so many files in place of a thousand.
"""

import io
import json
import os
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course.grading.counting import choose_what_counts
from course.grading.exports import canvas_csv, grades_csv, junit_xml, moodle_csv
from course.grading.handed_in import Found, find_files
from course.grading.people import normal, people
from course.grading.report import write_report
from course.grading.results import from_json, make_result, to_json
from course.grading.submissions import submissions
from tests.grading.hostile import FILES, REFERENCE, STEM
from tools.answers import notebook_with

FILES_AT_ONCE = 250
RIGHT = json.dumps(notebook_with(STEM, REFERENCE)).encode()
PIECES = [
    "ana", "bo", "José", "张伟", "\u202e", "\u0301", "_", "-", " ", ".", "..", "%", "=", "+", "@",
    "\n", "\t", "\u200b", "\ud800", "\udcff", "12345", "7", "LATE", "assignsubmission_file_",
    "attempt", "2024-01-17-10-11-12", "submission_", "submissions", "submitted", "ch01",
    "ch02_sync_sessionmaker", "ch99", "copy", "(1)", "-1", "anon_", "A" * 60, "\\", ":", '"', "'",
    "<b>", "&", "\x7f", "CON", ";",
]  # fmt: skip
ENDINGS = [".ipynb", ".ipynb", ".ipynb", ".IPYNB", ".ipynb.txt", ".py", ".pdf", ".zip", "", ".yml",
           ".txt"]  # fmt: skip
HONEST = {f"zoe {number}/ch01_event_loop.ipynb": f"zoe {number}" for number in range(5)}


def some_name(chance: random.Random) -> str:
    pieces = chance.choices(PIECES, k=chance.randint(1, 6))
    return chance.choice(["", "_"]).join(pieces).replace("/", "")


def some_path(chance: random.Random) -> str:
    return "/".join(some_name(chance) for _ in range(chance.choice([1, 1, 2, 2, 3, 12]))) + (
        chance.choice(ENDINGS)
    )


def some_json(chance: random.Random, depth: int = 0) -> object:
    keys = ["nbformat", "cells", "metadata", "cell_type", "source", "tags", "learner", "code", "x"]
    simple = [None, True, 4, 3, -1, 1e300, "", "code", "x = 1", "ch01-ex1", "\ud800\x00", "%%time"]
    if depth > 3 or chance.random() < 0.4:
        return chance.choice(simple)
    if chance.random() < 0.5:
        return [some_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {key: some_json(chance, depth + 1) for key in chance.sample(keys, chance.randrange(6))}


def some_zip(chance: random.Random) -> bytes:
    file = io.BytesIO()
    packing = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(file, "w", packing) as archive:
        for _ in range(chance.randrange(4)):
            name = some_path(chance).encode(errors="replace").decode()
            archive.writestr(zipfile.ZipInfo(name), some_contents(chance, within=True))
    return file.getvalue()


def some_contents(chance: random.Random, within: bool = False) -> bytes:
    """Return a right notebook, one that is spoilt, JSON of any kind, a zip, or anything else."""
    match chance.randrange(7 if not within else 6):
        case 0 | 1:
            contents = RIGHT
        case 2:
            contents = chance.choice([c for name, c in FILES.items() if len(c) < 10_000_000])
        case 3:
            cells = some_json(chance)
            whole = {"nbformat": 4, "metadata": some_json(chance), "cells": cells}
            contents = json.dumps(whole).encode()
        case 4:
            contents = json.dumps(some_json(chance)).encode()
        case 5:
            contents = chance.randbytes(chance.randrange(200))
        case _:
            contents = some_zip(chance)
    if chance.random() < 0.3 and contents:
        spoilt = bytearray(contents)
        for _ in range(chance.randint(1, 8)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        contents = bytes(spoilt[: chance.choice([len(spoilt), chance.randrange(len(spoilt))])])
    return contents


def hand_in(folder: Path, count: int, chance: random.Random) -> int:
    """Write so many files of random names and contents; return how many the disk took."""
    written = 0
    for _ in range(count):
        path = os.path.join(os.fspath(folder), some_path(chance))
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as file:
                file.write(some_zip(chance) if path.endswith(".zip") else some_contents(chance))
            written += 1
        except (OSError, ValueError):  # a name that this disk does not take, or that is there
            continue
    return written


def look_at(files: list[Found], folder: Path) -> list[str]:
    """Name, put together and report all files as a run does; return the rows of the honest."""
    results = [make_result(one, "", {"on": [], "off": []}) for one in submissions(files)]
    for result in results:
        assert from_json(to_json(result)) == result
        assert result.problem or result.stem
        assert len(result.key.encode()) < 200
    persons = people(results)
    for person in persons:
        choose_what_counts(person)
    assert sum(len(person.results) for person in persons) == len(results)
    table = grades_csv(persons)
    assert len({normal(person.called) for person in persons}) == len(persons)
    for text in (table, canvas_csv(persons), moodle_csv(persons), junit_xml(results).decode()):
        text.encode()
        assert not set("\u202e\x00\ud800") & set(text)
    write_report(persons, folder)
    return sorted(line for line in table.splitlines() if line.startswith('"zoe '))


def honest() -> Iterator[Found]:
    for path in HONEST:
        yield Found(path, lambda: RIGHT)


def try_out(seed: int, count: int) -> int:
    """Hand in so many random files beside honest ones; return how many were looked at."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        written = hand_in(folder / "in", count, chance)
        files = find_files(folder / "in") if written else []
        paths = [file.path for file in files]
        assert len(set(paths)) == len(paths)
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as archive:
            for file in files[:50]:
                contents = file.load()
                archive.writestr(file.path, contents if isinstance(contents, bytes) else b"")
        (folder / "class.zip").write_bytes(whole.getvalue())
        in_a_zip = find_files(folder / "class.zip") if files else []
        alone = look_at(list(honest()), folder / "alone")
        assert look_at([*files, *honest()], folder / "all") == alone
        look_at([*in_a_zip, *honest()], folder / "zip")
        return len(files) + len(in_a_zip)


def test_a_thousand_files_of_any_name_and_content_have_a_line_each_and_harm_nobody() -> None:
    for seed in range(4):
        assert try_out(seed, FILES_AT_ONCE) > FILES_AT_ONCE / 2


if __name__ == "__main__":
    seen, seed, began = 0, 1000, time.perf_counter()
    while seen < int(sys.argv[1]):
        seen += try_out(seed, FILES_AT_ONCE)
        seed += 1
        print(f"{seen} files, seed {seed}, {time.perf_counter() - began:.0f} s", flush=True)
