"""Keep a PostgreSQL for as long as anybody uses it, and leave nothing behind.

Who uses the server holds a lock that the system lets go of however a process ends. The keeper, a
process of its own, waits until nobody holds it; then it ends the server and removes its folder. It
is run by its path, `python keeper.py FOLDER BINARIES LOCK`, and needs nothing but
Python. For Linux and macOS. On Linux the server ends with a keeper that is killed, and elsewhere
the next who needs one ends it. Whoever is killed before the keeper lives leaves two empty files,
for the next one to take over.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl
    import pwd

IN_USE, KEEPER = "in-use", "keeper"  # files in the folder of a server; both are locks
SOCKET = ".s.PGSQL.5432"
PATIENCE = 60.0  # seconds for a server to begin
ENDS = 10.0  # and for one to end
PARENT_DEATH_SIGNAL = 1  # for prctl
REMOVE = 0  # for shmctl
SEGMENT = 7  # the line of postmaster.pid with the key and the number of a segment
# In the server's folder: what is in /dev/shm outlives a kill.
MEMORY = "-cdynamic_shared_memory_type=mmap"
# The same letters on each machine, with upper case for each; the servers that initdb starts keep
# their memory in the folder, too.
OF_INITDB = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", MEMORY)
# A server of lessons may lose its data with the machine, and says the same on each.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


class CannotStart(Exception):
    """There is no server, and this is why, in a sentence for people."""


# --- in a process that uses it ----------------------------------------------------------------


def hold(folder: Path, binaries: Path) -> tuple[int, Path]:
    """Return a lock (a file descriptor) and the folder of a server's socket.

    The server runs for as long as the lock is held; it is started if it does not run yet.
    Raises CannotStart.
    """
    held = _hold(folder)
    try:
        given_up = time.monotonic() + PATIENCE
        while time.monotonic() < given_up:
            keeper = os.open(folder / KEEPER, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if _locked(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    _start_keeper(folder, binaries, keeper)
                told = os.pread(keeper, 4096, 0).decode()
            finally:
                os.close(keeper)
            # What a keeper before this one told may still stand there.
            if told and answers(Path(told)):
                return held, Path(told)
            time.sleep(0.02)
        raise CannotStart("The PostgreSQL that came with pip did not begin within a minute.")
    except BaseException:
        leave(folder, held)
        raise


def leave(folder: Path, held: int) -> None:
    """Let go of the lock, and remove the folder where nobody else holds it."""
    if _locked(held, fcntl.LOCK_EX | fcntl.LOCK_NB):
        for name in (KEEPER, IN_USE):
            (folder / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody came meanwhile, or a keeper lives
            folder.rmdir()
    os.close(held)


def answers(folder: Path) -> bool:
    """Tell whether a server listens on the socket in this folder."""
    with socket.socket(socket.AF_UNIX) as one, contextlib.suppress(OSError):
        one.connect(str(folder / SOCKET))
        return True
    return False


def _hold(folder: Path) -> int:
    """Return a shared lock in the folder, which is made if it is not there."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            folder.mkdir(mode=0o711, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                raise CannotStart(f"The folder {folder} belongs to somebody else: remove it.")
            held = os.open(folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
            # Waits where a keeper is about to remove the folder, and the lock with it.
            fcntl.flock(held, fcntl.LOCK_SH)
            with contextlib.suppress(FileNotFoundError):
                if os.stat(folder / IN_USE).st_ino == os.fstat(held).st_ino:
                    return held
            os.close(held)


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True


def _start_keeper(folder: Path, binaries: Path, keeper: int) -> None:
    """Start a keeper, to which the lock goes over; return when its server can be asked."""
    os.ftruncate(keeper, 0)
    command: list[str | Path] = [sys.executable, "-I", "-S", __file__, folder, binaries]
    command.append(str(keeper))
    # A session of its own: Ctrl-C in the terminal of who came first is not meant for it.
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        pass_fds=(keeper,), start_new_session=True, cwd="/", text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        told = process.stdout.readline().strip()
        if told != "ready":
            process.wait()
            raise CannotStart(f"The PostgreSQL that came with pip does not start here: {told}")
        # It outlives this process; nobody waits for it.
        process.returncode = 0


# --- the keeper -------------------------------------------------------------------------------


def keep(folder: Path, binaries: Path, keeper: int) -> None:
    """Start a server, say `ready`, and end it when nobody holds the folder's lock any more."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    in_use = os.open(folder / IN_USE, os.O_RDWR)
    remove_leftovers(folder)
    place = Path(tempfile.mkdtemp(dir=folder, prefix=""))
    ending = threading.Event()
    try:
        with start(place, binaries) as server:
            try:
                os.ftruncate(keeper, 0)
                os.pwrite(keeper, str(place).encode(), 0)
                _say("ready")
                threading.Thread(target=_end_with, args=(server, ending), daemon=True).start()
                fcntl.flock(in_use, fcntl.LOCK_EX)
                # Nobody uses it, and who comes now waits for the lock.
            finally:
                ending.set()
                server.send_signal(signal.SIGQUIT)
    finally:
        remove(place)
        leave(folder, in_use)


def start(
    place: Path, binaries: Path, of_initdb: Sequence[str] = OF_INITDB
) -> "subprocess.Popen[bytes]":
    """Make a cluster in a folder and start a server on it; return when it takes connections."""
    run_as, binaries = _somebody(place, binaries)
    data = place / "data"
    with (place / "log").open("wb") as log:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        options |= {"cwd": place, "preexec_fn": _ends_with_its_parent(os.getpid()), **run_as}
        # Without --no-clean one that is told to end takes the data from under its child, which
        # then fails, and leaves its memory.
        cluster = ["--no-sync", "--no-clean", "--no-instructions", "--username=postgres"]
        cluster.append("--auth=trust")
        cluster += ["--encoding=UTF8", *of_initdb, f"--pgdata={data}"]
        given = [MEMORY, *(f"-c{name}={value}" for name, value in SETTINGS.items())]
        with _told_by(place / "log"):
            subprocess.run([binaries / "initdb", *cluster], check=True, **options)
            server: subprocess.Popen[bytes] = subprocess.Popen(
                [binaries / "postgres", "-D", data, f"-cunix_socket_directories={place}", *given],
                **options,
            )
            while not _is_ready(data):
                if code := server.poll():
                    raise subprocess.CalledProcessError(code, "postgres")
                time.sleep(0.01)
    return server


def _is_ready(data: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return "ready" in (data / "postmaster.pid").read_text()
    return False


@contextlib.contextmanager
def _told_by(log: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.CalledProcessError) as error:
        lines = log.read_text(errors="replace").strip().splitlines()
        raise CannotStart(lines[-1] if lines else str(error)) from error


def _somebody(place: Path, binaries: Path) -> tuple[dict[str, Any], Path]:
    """Return how to run as an ordinary user, and binaries that this user can reach.

    PostgreSQL refuses to run as root; so root runs it as nobody, in a folder that is nobody's.
    """
    if os.geteuid() != 0:
        return {}, binaries
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    run_as: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        subprocess.run([binaries / "initdb", "--version"], capture_output=True, **run_as)
    except PermissionError:
        # An environment in a folder that is root's alone. Libraries lie beside the package.
        package = binaries.parents[1]
        libraries = package.with_name(f"{package.name}.libs")
        unneeded = shutil.ignore_patterns("include", "*.a")
        copy = place / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copy, ignore=unneeded)
        if libraries.exists():
            shutil.copytree(libraries, place / libraries.name)
        binaries = copy / "bin"
    return run_as, binaries


def _ends_with_its_parent(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes another program, so that a kill ends both."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def arrange() -> None:
        if libc:
            # Not SIGKILL: on SIGQUIT a server ends at once, with its children and its memory.
            libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGQUIT, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return arrange


def _end_with(server: "subprocess.Popen[bytes]", ending: threading.Event) -> None:
    """Let a keeper end when its server has ended by itself: the next who needs one starts anew."""
    server.wait()
    if not ending.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def remove_leftovers(folder: Path) -> None:
    """End and remove what keepers left that were killed."""
    for place in folder.iterdir():
        if place.is_dir():
            remove(place)


def remove(place: Path) -> None:
    """Remove the folder of a server, with what is there of it if it was killed, or its keeper.

    A PostgreSQL that ends by itself takes its file of the process along. One that was killed
    leaves it, with a segment of shared memory, which no other would take over: its key is of this
    folder.
    """
    data = place / "data"
    with contextlib.suppress(FileNotFoundError, ValueError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        process = abs(int(lines[0]))  # below zero in that of initdb's own
        if answers(place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGQUIT)
        # One that was told, or of whose initdb nothing comes any more, takes its memory along.
        given_up = time.monotonic() + ENDS
        while _works_in(data, process) and time.monotonic() < given_up:
            time.sleep(0.02)
        if len(lines) >= SEGMENT:
            key, segment = map(int, lines[SEGMENT - 1].split())
            _remove_segment(key, segment, process)
    shutil.rmtree(place, ignore_errors=True)


def _works_in(folder: Path, process: int) -> bool:
    """Tell whether a process has this folder for its own, where the system says so."""
    with contextlib.suppress(OSError):
        return Path(os.readlink(f"/proc/{process}/cwd")) == folder.resolve()
    return False


def _remove_segment(key: int, segment: int, process: int) -> None:
    """Remove a segment of shared memory, if all three say that it is this one; on Linux alone."""
    with contextlib.suppress(OSError):
        for row in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
            its_key, number, _, _, maker, *_ = map(int, row.split())
            # The file has a key below zero as a number of 64 bits.
            if (number, maker) == (segment, process) and not (its_key - key) % 2**32:
                ctypes.CDLL(None).shmctl(segment, REMOVE, None)


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # who started it may be gone
        os.write(1, f"{line}\n".encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except CannotStart as error:
        _say(" ".join(str(error).split()))
        sys.exit(1)
