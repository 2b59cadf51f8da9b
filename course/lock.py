"""One process at a time prepares the environment or the book, or writes into a folder."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from course.project import ROOT

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def only_one(work: str, folder: Path = ROOT / "_build") -> Iterator[None]:
    """Hold the lock in `folder` named after this work, waiting aloud while another process has it.

    The operating system lets go of it when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{work}.lock").open("a") as file:
        waiting = False
        while True:
            try:
                _take(file)
                break
            except OSError:
                if not waiting:
                    print(f"Another process is busy with the {work}: waiting for it.", flush=True)
                waiting = True
                time.sleep(0.2)
        yield
