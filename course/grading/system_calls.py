"""Which system calls a process may make from here on: those that Python and an answer need.

It is a list of what is allowed, measured over all known answers (tests/grading/test_system_calls.py
does it again), and widened by what other versions of Python and of the C library do in the same
places. Where an argument tells harm from need, the argument is looked at. What a file is opened
for is Landlock's affair; what Landlock does not guard, a file's mode, owner, times and attributes,
has calls of its own, and none of them is here.

Sources: seccomp(2), bpf(4), linux/seccomp.h, linux/audit.h, the page of each call, and the tables
of calls in the kernel's arch folders.
"""

import ctypes
import functools
import os
import platform
import sys
from dataclasses import dataclass

from course.grading.confinement import LIBC, NO_NEW_PRIVILEGES

# The numbers that the kernel gives the architectures. Each call has a number on either, or none.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
Numbers = tuple[int, int | None]
ALLOWED: dict[str, Numbers] = {
    # files, as far as Landlock lets them be opened
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "preadv2": (327, 286), "pwritev2": (328, 287), "close": (3, 57), "close_range": (436, 436),
    "creat": (85, None), "lseek": (8, 62), "sendfile": (40, 71), "copy_file_range": (326, 285),
    "fsync": (74, 82), "fdatasync": (75, 83), "fadvise64": (221, 223), "ftruncate": (77, 46),
    "flock": (73, 32), "umask": (95, 166), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    # folders, and what is known of a file
    "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79),
    "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getdents": (78, None), "getdents64": (217, 61),
    "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50), "mkdir": (83, None),
    "mkdirat": (258, 34), "rmdir": (84, None), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "link": (86, None), "linkat": (265, 37), "symlink": (88, None),
    "symlinkat": (266, 36), "unlink": (87, None), "unlinkat": (263, 35),
    # memory
    "brk": (12, 214), "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226),
    "mremap": (25, 216), "madvise": (28, 233), "msync": (26, 227),
    # threads, and what they wait for
    "futex": (202, 98), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "rseq": (334, 293), "sched_yield": (24, 124), "gettid": (186, 178), "exit": (60, 93),
    "exit_group": (231, 94), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getcpu": (309, 168), "wait4": (61, 260),
    "waitid": (247, 95), "restart_syscall": (219, 128),
    # signals to itself
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133),
    "sigaltstack": (131, 132), "signalfd4": (289, 74), "alarm": (37, None),
    "setitimer": (38, 103), "getitimer": (36, 102), "pause": (34, None),
    # the loop
    "epoll_create": (213, None), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, None), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441),
    "eventfd2": (290, 19), "poll": (7, None), "ppoll": (271, 73), "select": (23, None),
    "pselect6": (270, 72), "timerfd_create": (283, 85), "timerfd_settime": (286, 86),
    "timerfd_gettime": (287, 87),
    # the two ends of a connection to itself
    "recvfrom": (45, 207), "sendto": (44, 206), "recvmsg": (47, 212), "sendmsg": (46, 211),
    "shutdown": (48, 210), "getsockname": (51, 204), "getpeername": (52, 205),
    "getsockopt": (55, 209), "setsockopt": (54, 208),
    # time and chance
    "time": (201, None), "gettimeofday": (96, 169), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "times": (100, 153), "getrusage": (98, 165), "getrandom": (318, 278),
    # what it is, and where
    "getpid": (39, 172), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148),
    "getresgid": (120, 150), "getgroups": (115, 158), "getpgrp": (111, None),
    "getrlimit": (97, 163), "uname": (63, 160), "sysinfo": (99, 179),
}  # fmt: skip
# What is not there, so that the C library does it in an older way, which can be looked at. So is
# whatever is younger than these tables.
ABSENT: dict[str, Numbers] = {"clone3": (435, 435)}
YOUNGEST = 450

X32_CALLS = 0x40000000  # a second table of numbers on x86_64
SECCOMP, FILTER = 22, 2  # for prctl
ALLOW, REFUSE, NOT_THERE = 0x7FFF0000, 0x00050001, 0x00050026  # the last two: EPERM and ENOSYS
LOAD, AND, EQUAL, ABOVE, AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data
THIS_PROCESS = -1  # stands for the process's id, which each child has its own of

Lines = list[tuple[int, int, int, int]]  # code, lines to skip if true, and if false, value


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


# --- what is allowed with some arguments ----------------------------------------------------


def _load(argument: int, upper_half: bool = False) -> tuple[int, int, int, int]:
    return (LOAD, 0, 0, ARGUMENTS_AT + 8 * argument + 4 * upper_half)


def _if_one_of(argument: int, *values: int) -> Lines:
    lines = [_load(argument)]
    for value in values:
        lines += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*lines, (RETURN, 0, 0, REFUSE)]


def _if_null(argument: int) -> Lines:
    return [
        _load(argument), (EQUAL, 0, 3, 0), _load(argument, upper_half=True),
        (EQUAL, 0, 1, 0), (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE),
    ]  # fmt: skip


def _unless_masked(argument: int, mask: int, *values: int) -> Lines:
    lines = [_load(argument), (AND, 0, 0, mask)]
    for value in values:
        lines += [(EQUAL, 0, 1, value), (RETURN, 0, 0, REFUSE)]
    return [*lines, (RETURN, 0, 0, ALLOW)]


CLONE_THREAD = 0x10000
# To cut a file short by opening it to read: Landlock asks about that from its third version on.
OPENED, CUT = 0o3, 0o1000
CUT_WITHOUT_WRITING = (CUT, CUT | OPENED)
FILE_DESCRIPTORS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD … F_SETFL, F_DUPFD_CLOEXEC
LOCKS = (5, 6, 7, 36, 37, 38)  # F_GETLK, F_SETLK, F_SETLKW, and those of an open file
# FIOCLEX, FIONCLEX, FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ: nothing of a file, of nobody else
CONTROLS = (0x5451, 0x5450, 0x5421, 0x541B, 0x5401, 0x5413)
# PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_VMA
OF_ITSELF = (3, 15, 16, 21, 23, 0x53564D41)
UNIX, STREAM, KIND = 1, 1, 0xF  # AF_UNIX, SOCK_STREAM, and the bits that hold a socket's kind

WITH_ARGUMENTS: dict[str, tuple[Numbers, Lines]] = {
    "open": ((2, None), _unless_masked(1, OPENED | CUT, *CUT_WITHOUT_WRITING)),
    "openat": ((257, 56), _unless_masked(2, OPENED | CUT, *CUT_WITHOUT_WRITING)),
    # a thread, and no process
    "clone": ((56, 220), _unless_masked(0, CLONE_THREAD, 0)),
    "kill": ((62, 129), _if_one_of(0, THIS_PROCESS)),
    "tgkill": ((234, 131), _if_one_of(0, THIS_PROCESS)),
    # no owner to be signalled, no lease, no larger pipe
    "fcntl": ((72, 25), _if_one_of(1, *FILE_DESCRIPTORS, *LOCKS)),
    "ioctl": ((16, 29), _if_one_of(1, *CONTROLS)),
    "prctl": ((157, 167), _if_one_of(0, *OF_ITSELF)),
    # limits are read, and not set
    "prlimit64": ((302, 261), _if_null(2)),
    # an event loop wakes itself with a pair; one for datagrams would reach others by their path
    "socketpair": ((53, 199), [
        _load(0), (EQUAL, 0, 4, UNIX), _load(1), (AND, 0, 0, KIND), (EQUAL, 0, 1, STREAM),
        (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE),
    ]),
}  # fmt: skip


# --- the filter -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """The kernel's program for this machine, and its lines that hold the process's id."""

    instructions: "ctypes.Array[_Instruction]"
    of_process: tuple[int, ...]


@functools.cache
def prepared() -> Filter | None:
    """Return the filter, made once for all children; None where the system or machine has none."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        return None
    lines = _lines(ARCHITECTURES[machine], list(ARCHITECTURES).index(machine))
    of_process = tuple(n for n, line in enumerate(lines) if line[3] == THIS_PROCESS)
    return Filter((_Instruction * len(lines))(*(_Instruction(*line) for line in lines)), of_process)


def refuse_calls() -> bool:
    """Refuse this process all system calls but those that are listed here, for good.

    A refused call fails with PermissionError, one that this list is too old to know with
    "Function not implemented"; nothing is killed. Returns whether the system can do it.
    """
    filter = prepared()
    if filter is None:
        return False
    for number in filter.of_process:
        filter.instructions[number].value = os.getpid()
    program = _Program(len(filter.instructions), filter.instructions)
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    failed: int = LIBC.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0)
    return failed == 0


def _lines(architecture: int, column: int) -> Lines:
    lines = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, NUMBER_AT),
        (AT_LEAST, 0, 1, X32_CALLS),
        (RETURN, 0, 0, REFUSE),
    ]
    for first, last in _runs(_numbers(ALLOWED, column)):
        lines += [(AT_LEAST, 0, 2, first), (ABOVE, 1, 0, last), (RETURN, 0, 0, ALLOW)]
    for numbers, block in WITH_ARGUMENTS.values():
        number = numbers[column]
        if number is not None:
            lines += [(EQUAL, 0, len(block), number), *block]
    for number in _numbers(ABSENT, column):
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, NOT_THERE)]
    return [*lines, (ABOVE, 0, 1, YOUNGEST), (RETURN, 0, 0, NOT_THERE), (RETURN, 0, 0, REFUSE)]


def _numbers(calls: dict[str, Numbers], column: int) -> list[int]:
    found = (numbers[column] for numbers in calls.values())
    return sorted(number for number in found if number is not None)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of numbers without a gap."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
