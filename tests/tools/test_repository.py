"""What holds for the repository as a whole."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.project import ROOT


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [("check", "."), ("format", "--check", ".")], ids=" ".join)
def test_the_code_and_the_notebooks_are_clean(arguments):
    result = run(sys.executable, "-m", "ruff", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_types_fit_together():
    result = run(sys.executable, "-m", "mypy")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_readme_shows_the_lessons_own_picture():
    assert run(sys.executable, "-m", "tools.readme_picture", "--check").returncode == 0


def test_the_cards_are_what_the_book_says():
    checked = run(sys.executable, "-m", "tools.cards", "--check")
    assert checked.returncode == 0, checked.stderr


def test_every_file_that_the_readme_links_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_package_is_pinned_with_hashes_and_no_index_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", "\n" + text)[1:]
    assert len(blocks) > 5
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+", block), block
        assert "--hash=sha256:" in block, block
    assert "index-url" not in text
    assert "find-links" not in text


# What each folder may import of the others: whoever is not named here, everything.
ARROWS = {
    "lantern": {"lantern"},
    "lantern/theatre": {"lantern", "lantern.theatre"},
    "course": {"course", "lantern", "lantern.theatre"},
    "browser": {"bridge", "kernel", "course", "lantern"},
    "answers": {"lantern", "lantern.theatre"},
    "tools": {"tools", "course", "lantern", "lantern.theatre"},
}
OURS = {path.name for path in ROOT.iterdir() if path.is_dir()} | {"bridge", "kernel"}


def folder_of(name):
    """Return the folder that a module, or a file, counts to: lantern.theatre is one of its own."""
    parts = re.split(r"[./]", name)
    return "lantern.theatre" if parts[:2] == ["lantern", "theatre"] else parts[0]


def imported(path):
    """Yield the names of the modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", ARROWS)
def test_arrows_between_packages_run_one_way(folder):
    files = [
        path
        for path in (ROOT / folder).rglob("*.py")
        if folder_of(path.relative_to(ROOT).as_posix()) == folder_of(folder)
    ]
    assert files
    for path in files:
        others = {folder_of(name) for name in imported(path) if name.split(".")[0] in OURS}
        assert others <= ARROWS[folder], path


BLOCKED = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"httpx", "fastapi", "starlette", "greenlet", "course"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
import sqlalchemy
before = {name.partition(".")[0] for name in sys.modules}
import lantern
new = {name.partition(".")[0] for name in sys.modules} - before - set(sys.stdlib_module_names)
assert new == {"lantern"}, new
assert "lantern.theatre" not in sys.modules
engine = sqlalchemy.create_engine("sqlite://")
with lantern.count_sql(engine) as statements, engine.connect() as connection:
    connection.execute(sqlalchemy.text("SELECT 1"))
assert statements == ["SELECT 1"]
"""


def test_the_instruments_need_nothing_but_sqlalchemy():
    result = run(sys.executable, "-c", BLOCKED)
    assert result.returncode == 0, result.stderr


def test_what_is_installed_can_be_imported(tmp_path):
    if not shutil.which("uv", path=Path(sys.executable).parent):
        pytest.skip("uv, which builds the wheel, is not in this environment")
    built = run(sys.executable, "-m", "uv", "build", "--wheel", "--out-dir", str(tmp_path))
    if "hatchling" in built.stderr and "Failed to fetch" in built.stderr:
        pytest.skip("no package index to fetch hatchling from")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    code = (
        "import course.checks, lantern.cards, lantern.theatre\n"
        "assert lantern.cards.cards().find('MissingGreenlet').cards\n"
        "print(lantern.__file__)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
    )
    assert str(wheel) in result.stdout, result.stderr
