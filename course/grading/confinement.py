"""Shut a process in: what it may read and write, and how much it may use.

Linux has Landlock for files, and seccomp for system calls (course/grading/system_calls.py); both
work without root and hold for everything the process does afterwards. Other systems have limits
at most; `Protection` says so. Sources: landlock(7), linux/landlock.h.
"""

import contextlib
import ctypes
import functools
import json
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1 << 20
MEMORY = 2048 * MEGABYTE  # of address space; forty threads and their stacks need a third of it
FILE_SIZE = 64 * MEGABYTE
OPEN_FILES = 256
PARENT_DEATH_SIGNAL, NO_NEW_PRIVILEGES = 1, 38  # for prctl


try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

# The C library of this process, loaded once: each child would load it anew.
if sys.platform == "linux":
    LIBC = ctypes.CDLL(None, use_errno=True)
else:
    LIBC = None


@dataclass
class Protection:
    """What holds here, and what does not, each as a phrase for people."""

    on: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)

    def note(self, holds: bool, what: str) -> None:
        """Add a phrase to the one list or to the other."""
        (self.on if holds else self.off).append(what)

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, line: bytes) -> "Protection":
        """Return it from its line."""
        return cls(**json.loads(line))


def limit(seconds: float) -> bool:
    """Limit processor time, memory, file size and open files; return whether the system can."""
    if resource is None:
        return False
    processor = int(seconds) + 5
    limits = (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    whole = True
    for what, most in limits:
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # macOS does not limit memory
            whole = False
    return whole


def end_with_parent() -> None:
    """Have this process killed when the one that forked it ends, however it ends (on Linux)."""
    LIBC.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


# --- Landlock: which files ------------------------------------------------------------------

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
ASK_VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIRECTORY = (1 << bit for bit in range(4))
READ = EXECUTE | READ_FILE | READ_DIRECTORY
# How many rights over files each version of Landlock knows.
RIGHTS_OF_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
MOST_RIGHTS = 16
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
RIGHTS_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL
TCP_FROM, TCP = 4, 0b11  # bind and connect
SCOPES_FROM, SCOPES = 6, 0b11  # signals, and sockets without a path, stay inside


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # Python 3.14 wants the layout of packed structures named
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def landlock_version() -> int:
    """Return the version of Landlock that this kernel has, 0 for none."""
    return max(0, LIBC.syscall(CREATE_RULESET, None, 0, ASK_VERSION)) if LIBC else 0


def hide_files(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Leave this process only these files and folders, for good; return whether it could.

    It may be called again: what is left then is what both calls allow. Raises OSError if the
    kernel has Landlock and refuses.
    """
    version = landlock_version()
    if not version:
        return False
    rights = (1 << RIGHTS_OF_VERSION.get(version, MOST_RIGHTS)) - 1
    ruleset = _Ruleset(
        rights, TCP if version >= TCP_FROM else 0, SCOPES if version >= SCOPES_FROM else 0
    )
    size = 8 if version < TCP_FROM else 16 if version < SCOPES_FROM else 24
    descriptor = _checked(LIBC.syscall(CREATE_RULESET, ctypes.byref(ruleset), size, 0))
    for paths, allowed in ((readable, READ), (writable, rights)):
        for path in paths:
            if path.exists():
                _allow(descriptor, path, allowed & rights)
    _checked(LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(LIBC.syscall(RESTRICT_SELF, descriptor, 0))
    os.close(descriptor)
    return True


def _allow(ruleset: int, path: Path, rights: int) -> None:
    opened = os.open(path, os.O_PATH)
    rule = _PathRule(rights if path.is_dir() else rights & RIGHTS_OF_A_FILE, opened)
    _checked(LIBC.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
    os.close(opened)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# --- what Python needs ----------------------------------------------------------------------

SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime",
          "/etc/ld.so.cache", "/etc/mime.types", "/dev/urandom", "/dev/null")  # fmt: skip


@functools.cache
def python_needs() -> list[Path]:
    """Return the files and folders that a Python with the course's packages reads."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, *SYSTEM}
    with contextlib.suppress(ImportError):
        import lantern

        paths.add(str(Path(lantern.__file__).parent))
    return sorted(map(Path, paths))
