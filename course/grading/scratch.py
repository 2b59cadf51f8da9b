"""A folder for what a grader needs while it runs, and nothing of it afterwards, however it ends."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

if os.name != "nt":
    import fcntl

PREFIX = "lantern-grade-"


class Scratch:
    """A new temporary folder; those that killed graders left behind are removed first.

    A folder is in use as long as its maker lives, since the system then holds a lock on it.
    """

    def __init__(self) -> None:
        clear_leftovers()
        self.folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self.name = self.folder.name
        self._lock = _locked(Path(self.name))

    def cleanup(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def clear_leftovers() -> None:
    """Remove the folders of graders that were killed, of this user and on this machine."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(path: Path) -> int | None:
    """Return a descriptor that locks a folder of this user; None if it is in use, or can't be."""
    if os.name == "nt":
        return None
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
        except OSError:
            pass
        os.close(descriptor)
    return None
