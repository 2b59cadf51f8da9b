"""What the grader says of this machine's protection was tried, and would be false without it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course.grading import confinement
from course.project import ROOT
from tests.grading.users import ORDINARY, WHOEVER, become

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can shut a process in")

UNPROTECTED = """
import json, os, sys
from pathlib import Path
from course.grading import attacks
folder = Path(sys.argv[1])
(folder / "own").mkdir()
if process := os.fork():  # the attacked parent is of the same user
    os.waitpid(process, 0)
    os._exit(0)
rows = attacks.rows(folder / "outside")
os.chdir(folder / "own")
print(json.dumps([
    f"{row.name}: attack {number}" for row in rows
    for number, attack in enumerate(row.attacks, 1) if attacks._fails(attack)
]), flush=True)
"""
TRY_OUT = """
import sys
from pathlib import Path
from course.grading import attacks, child, confinement, system_calls
for change in sys.argv[2:]:
    exec(change)
print(attacks.try_out(Path(sys.argv[1])).to_json())
"""


def run(program: str, user: str, folder: Path, *changes: str) -> str:
    done = subprocess.run(
        [*become(user), sys.executable, "-c", program, str(folder), *changes],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "TOKEN": "of the instructor"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("user", [WHOEVER, ORDINARY])
def test_every_attack_gets_through_where_nothing_protects(tmp_path: Path, user: str) -> None:
    (tmp_path / "outside").touch()
    assert json.loads(run(UNPROTECTED, user, tmp_path)) == []


CLEAN = "import os; os.environ.pop('TOKEN'); from course.grading.environment import NAMES; "
CLEAN += "[os.environ.pop(name) for name in set(os.environ) - NAMES]"


@pytest.mark.parametrize("user", [WHOEVER, ORDINARY])
@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, None])
def test_all_rows_hold_with_every_version_of_landlock(
    tmp_path: Path, version: int | None, user: str
) -> None:
    if not confinement.landlock_version():
        pytest.skip("this kernel has no Landlock")
    older = [f"confinement.landlock_version = lambda: {version}"] if version else []
    told = json.loads(run(TRY_OUT, user, tmp_path, CLEAN, *older))
    assert told["off"] == []
    assert len(told["on"]) >= 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("lacks", "change", "rows"), [
    ("Linux 5.13", "confinement.landlock_version = lambda: 0", {"no sight", "no file made"}),
    ("seccomp", "system_calls.refuse_calls = lambda: False",
     {"no mode", "no connection", "no process", "no signal", "no limit", "no memory"}),
    ("limits", "confinement.limit = lambda seconds: False", {"an end"}),
    ("counts both", "attacks.written = lambda process: 0", {"an end of all"}),
    ("variables", "import os; os.environ['TOKEN'] = 'x'", {"nothing of"}),
])  # fmt: skip
def test_a_row_that_does_not_hold_says_what_it_needs(
    tmp_path: Path, lacks: str, change: str, rows: set[str]
) -> None:
    told = json.loads(run(TRY_OUT, WHOEVER, tmp_path, CLEAN, change))
    assert {row for row in rows if any(off.startswith(row) for off in told["off"])} == rows
    for off in told["off"]:
        if off.startswith(tuple(rows)):
            assert lacks in off
            assert "this is Linux" in off


def test_where_a_process_can_t_be_shut_in_it_is_said(tmp_path: Path) -> None:
    refuses = "def refuse(*_): raise PermissionError\nconfinement.hide_files = refuse"
    told = json.loads(run(TRY_OUT, WHOEVER, tmp_path, refuses))
    assert told["on"] == []
    assert "could not be shut in" in told["off"][0]
