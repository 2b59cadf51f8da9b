"""What holds for the repository as a whole."""

import re
import subprocess
import sys

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


def test_every_file_that_the_readme_links_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_every_package_is_pinned_with_hashes_and_no_index_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", "\n" + text)[1:]
    assert len(blocks) > 10
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+", block), block
        assert "--hash=sha256:" in block, block
    assert "index-url" not in text
    assert "find-links" not in text


def test_arrows_between_packages_run_one_way():
    forbidden = {"lantern": "course|tools|tests", "course": "tools|tests"}
    for package, others in forbidden.items():
        for path in (ROOT / package).rglob("*.py"):
            found = re.search(rf"^\s*(?:from|import) ({others})\b", path.read_text("utf-8"), re.M)
            assert found is None, f"{path.name} imports {found[1]}"
