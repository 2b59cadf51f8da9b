"""A folder for what a grader needs while it runs, and nothing of it afterwards, however it ends."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

if os.name != "nt":
    import fcntl

PREFIX = "lantern-grade-"
FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


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
        remove(Path(self.name))
        self.folder.cleanup()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def clear_leftovers() -> None:
    """Remove the folders of graders that were killed, of this user and on this machine."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _locked(path)
        if lock is not None:
            remove(path)
            os.close(lock)


def remove(folder: Path) -> None:
    """Remove a folder however deep it is; what can't be removed stays, and nothing is raised.

    Nobody else may change it meanwhile. It goes down by a name and up by "..": neither Python's
    stack, nor the longest path of the system, nor the number of open files bounds the depth.
    """
    if os.rmdir not in os.supports_dir_fd:  # Windows, where no path is deep
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        _empty(folder)
        folder.rmdir()


def _empty(folder: Path) -> None:
    here = os.open(folder, FOLDER)
    names: list[str] = []
    try:
        while True:
            below = _remove_files(here)
            if below:
                names.append(below)
                # It may have been made as one that nobody may look into.
                os.chmod(below, 0o700, dir_fd=here)
                here = _gone_to(below, here)
            elif names:
                here = _gone_to("..", here)
                os.rmdir(names.pop(), dir_fd=here)
            else:
                return
    finally:
        os.close(here)


def _remove_files(here: int) -> str | None:
    """Remove files until there is a folder, and return its name; None if nothing is left."""
    with os.scandir(here) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                return entry.name
            os.unlink(entry.name, dir_fd=here)
    return None


def _gone_to(name: str, here: int) -> int:
    there = os.open(name, FOLDER, dir_fd=here)
    os.close(here)
    return there


def _locked(path: Path) -> int | None:
    """Return a descriptor that locks a folder of this user; None if it is in use, or can't be."""
    if os.name == "nt":
        return None
    with contextlib.suppress(OSError):
        descriptor = os.open(path, FOLDER)
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
        except OSError:
            pass
        os.close(descriptor)
    return None
