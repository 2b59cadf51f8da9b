"""Shut a process in: what it may read and write, how much it may use, and what it may ask for.

Linux has Landlock for files and seccomp for system calls; both work without root and hold for
everything the process does afterwards. Other systems have limits at most; `Protection` says so.
Sources: landlock(7), seccomp(2), linux/landlock.h, linux/audit.h, and the tables of system
calls in the kernel's arch folders.
"""

import contextlib
import ctypes
import functools
import json
import os
import platform
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1 << 20
MEMORY = 2048 * MEGABYTE  # of address space; forty threads and their stacks need a third of it
FILE_SIZE = 64 * MEGABYTE
OPEN_FILES = 256
PARENT_DEATH_SIGNAL, NO_NEW_PRIVILEGES, SECCOMP = 1, 38, 22  # for prctl


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


# --- seccomp: which system calls ------------------------------------------------------------

# (the number that the kernel gives the architecture, then each call's number there).
# None: the architecture has no such call.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN = {
    # new processes, and other programs in the place of this one
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    # connections; a pair of connected sockets, which an event loop wakes itself with, is another
    "socket": (41, 198), "io_uring_setup": (425, 425),
    # other processes, and what belongs to the whole machine
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "chroot": (161, 51),
    "bpf": (321, 280), "perf_event_open": (298, 241), "add_key": (248, 217),
    "keyctl": (250, 219), "userfaultfd": (323, 282), "setsid": (112, 157), "setpgid": (109, 154),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), (435, 435)
KILL, TGKILL = (62, 129), (234, 131)
CLONE_THREAD = 0x10000
X32_CALLS = 0x40000000  # a second table of numbers on x86_64
ALLOW, REFUSE, NOT_THERE = 0x7FFF0000, 0x00050001, 0x00050026  # the last two: EPERM and ENOSYS
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def refuse_calls() -> bool:
    """Refuse this process new processes, programs, connections and signals to others, for good.

    Threads are allowed. The refused call fails with PermissionError. Returns whether the system
    can do it.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        return False
    column = list(ARCHITECTURES).index(machine)
    program = _filter(ARCHITECTURES[machine], column, os.getpid())
    instructions = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    whole = ctypes.byref(_Program(len(program), instructions))
    refused: int = LIBC.prctl(SECCOMP, 2, whole, 0, 0)
    return refused == 0


def _filter(architecture: int, column: int, process: int) -> list[tuple[int, int, int, int]]:
    """Return the filter's instructions (code, skip if true, skip if false, value)."""
    numbers = [each[column] for each in FORBIDDEN.values()]
    refused = [number for number in numbers if number is not None]
    lines = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, NUMBER_AT),
        (AT_LEAST, 0, 1, X32_CALLS),
        (RETURN, 0, 0, REFUSE),
    ]
    for number in refused:
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    # "Not there" makes the C library start its threads with clone, whose flags can be seen.
    lines += [(EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, NOT_THERE)]
    # The end: a thread may be made, and a signal sent to oneself.
    lines += [
        (EQUAL, 3, 0, CLONE[column]),
        (EQUAL, 6, 0, KILL[column]),
        (EQUAL, 5, 0, TGKILL[column]),
        (RETURN, 0, 0, ALLOW),
        (LOAD, 0, 0, FIRST_ARGUMENT_AT),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, FIRST_ARGUMENT_AT),
        (EQUAL, 0, 1, process),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    return lines


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
