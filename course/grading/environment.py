"""The environment of what runs answers: what Python needs to start, and nothing of who grades."""

import os
from pathlib import Path

from course.project import ROOT

# Where programs and libraries are, and in which language and time zone; on Windows where the
# system is. No name here has ever held a secret.
KEPT = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONHOME",
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PATHEXT", "COMSPEC",
        "NUMBER_OF_PROCESSORS")  # fmt: skip
HOMES = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")
# All that an answer may find there; what the fork server sets is among it.
NAMES = {*KEPT, *HOMES, "PYTHONPATH", "MALLOC_ARENA_MAX", "SQLITE_TMPDIR"}


def environment(home: Path | str) -> dict[str, str]:
    """Return the variables of a process that runs answers, whose own files go to a folder."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    homes = dict.fromkeys(HOMES, str(home))
    return {**kept, **homes, "PYTHONPATH": str(ROOT)}
