"""The explorer and one by others come to the same verdict on the code that they are measured on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.project import ROOT
from tools.bench.orders_speed import PURCHASES, measured

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="frontrun has no wheel for it"),
]


@pytest.fixture(scope="module")
def frontrun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with frontrun alone: beside us, its plugin would be loaded by every pytest."""
    folder = tmp_path_factory.mktemp("frontrun")
    pinned = (ROOT / "requirements-rivals.txt").read_text("utf-8")
    (entry,) = re.findall(r"^frontrun==.*(?:\n    --hash.*)+", pinned, re.MULTILINE)
    (folder / "requirements.txt").write_text(entry, "utf-8")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"]
    where = ["--target", folder / "packages", "--python", sys.executable]
    subprocess.run([*install, *where, "-r", folder / "requirements.txt"], check=True)
    return folder / "packages"


@pytest.mark.parametrize("purchase", PURCHASES)
def test_frontrun_says_of_two_guests_what_our_explorer_says(
    purchase: str, frontrun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = measured(sys.executable, "lantern", purchase, 2)
    monkeypatch.setenv("PYTHONPATH", str(frontrun))
    theirs = measured(sys.executable, "frontrun", purchase, 2)
    assert ours["all"]
    assert ours["holds"] == theirs["holds"] == (purchase == "in_one_statement")
