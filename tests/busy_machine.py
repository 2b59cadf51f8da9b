"""A machine that is busy with other things, for tests of what must not be fooled by one."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every processor busy with four other programs while the block runs."""
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def compute(seconds: float) -> None:
    """Use so many seconds of processor time."""
    used = time.thread_time()
    while time.thread_time() - used < seconds:
        pass
