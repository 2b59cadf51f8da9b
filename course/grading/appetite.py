"""What an answer takes of the machine that no limit of the kernel's bounds: a look from outside.

A limit holds for each file, and not for all of them, with a name or without; and the one on
threads would count those of all that the user runs. So whoever takes too much is seen, at every
look of its watcher, and ended. Sources: proc_pid_io(5), proc_pid_stat(5).
"""

import contextlib
from pathlib import Path

MEGABYTE = 1 << 20
# By all its threads, to whatever; an answer's database has one or two.
MOST_WRITTEN = 512 * MEGABYTE
MOST_THREADS = 300  # an answer that hands its work to threads has forty at most
WRITTEN = (
    "The notebook had written more than {} MB into files in its folder and was stopped. Is there "
    "a loop that writes and does not end?"
)
THREADS = (
    "The notebook had more than {} threads at once and was stopped. Is there a loop that starts "
    "threads and does not end?"
)


def excess(process: int) -> str:
    """Say what a child of this process took too much of; nothing if it did not."""
    if written(process) > MOST_WRITTEN:
        return WRITTEN.format(MOST_WRITTEN // MEGABYTE)
    if threads(process) > MOST_THREADS:
        return THREADS.format(MOST_THREADS)
    return ""


def written(process: int) -> int:
    """Return how many bytes a process has written by now, 0 where the kernel does not count."""
    counts = dict(line.split(": ") for line in _read(process, "io").splitlines())
    # The first counts calls, the second what went to a disk, through memory too.
    return max(int(counts.get("wchar", 0)), int(counts.get("write_bytes", 0)))


def threads(process: int) -> int:
    """Return how many threads a process has, 0 where nobody knows."""
    # The name, in brackets, may hold anything; the eighteenth field behind it is the number.
    fields = _read(process, "stat").rpartition(")")[2].split()
    return int(fields[17]) if fields else 0


def _read(process: int, name: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/{name}").read_text(encoding="utf-8", errors="replace")
    return ""
