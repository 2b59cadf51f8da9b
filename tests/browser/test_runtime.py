"""The browser is sent the course's Python that it uses, and nothing else of it."""

import subprocess
import sys
from pathlib import Path

from tools.browser.libraries import copy
from tools.browser.runtime import OWN_PYTHON

USED = """
import pkgutil, sys
import course.checking.cell, course.checks, lantern.theatre
import lantern.theatre.sales  # by a lesson
for module in pkgutil.walk_packages(course.checks.__path__, "course.checks."):
    __import__(module.name)
print(*(name for name in sys.modules if name.split(".")[0] in ("course", "lantern")))
"""


def test_every_module_that_is_sent_is_used_and_every_one_that_is_used_is_sent(tmp_path: Path):
    copy(OWN_PYTHON, tmp_path)
    command = [sys.executable, "-I", "-c", f"import sys; sys.path[0] = {str(tmp_path)!r}\n{USED}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files = [*tmp_path.glob("course/**/*.py"), *tmp_path.glob("lantern/**/*.py")]
    names = [path.relative_to(tmp_path).with_suffix("").as_posix() for path in files]
    sent = {name.removesuffix("/__init__").replace("/", ".") for name in names}
    assert set(done.stdout.split()) == sent
