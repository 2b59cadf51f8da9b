"""Find what was handed in: every file in a folder or a zip has a path, and a way to read it."""

import contextlib
import functools
import os
import re
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from course.failure import CannotContinue

LARGEST = 20_000_000  # bytes; a notebook of the course with all its outputs is under 1 MB
MOST_IN_A_ZIP = 200  # files of one learner's zip; the others of it are one sentence
MOST_IN_A_CLASS = 10_000  # of a zip that may be a whole class's
LARGEST_IN_A_ZIP = 1_000_000_000  # bytes of such a zip that lies in another one
ARCHIVES_AT_ONCE = 4  # that are open
# What computers leave behind by themselves, and nobody hands in.
LEFT_BEHIND = re.compile(
    r"\.[^.]|~\$|Icon\r|__MACOSX$|__pycache__$|Thumbs\.db$|desktop\.ini$", re.IGNORECASE
)
# They turn the direction in which text is read, or have no width, so that a name looks like
# another. What joins letters, or keeps them apart, is part of many a name.
TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NO_WIDTH = "\u00ad\u200b\u2060\ufeff"
CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
NOT_SHOWN = re.compile(f"[{CONTROLS}{TURNS}{NO_WIDTH}]")
UTF_8 = 0x800  # the flag of a zip entry that says so of its name
LINK = "It is a link to another file, and links are not followed."
NOT_OPENED = "It is a zip within a zip, and is not opened."
# A number as learning systems put it into the name of what one learner handed in.
OF_A_SYSTEM = re.compile(r"_\d+_(?:\d+_|assignsubmission_)|_attempt_\d|(?:^|/)submission_\d")
Entries = list[tuple[str, zipfile.ZipInfo]]
Load = Callable[[], bytes | str]


class Found(NamedTuple):
    """A file: its path as it is shown, different for each one, and how to read it.

    Reading gives its contents, or a sentence why there are none; it never raises. `problem` is
    such a sentence that is known before.
    """

    path: str
    load: Load
    problem: str = ""


def find_files(source: Path) -> list[Found]:
    """Return each file in a folder or a zip, or the one that it is, by path.

    A zip that lies in the folder, or alone in a zip, may be of the whole class, and what is in it
    is read as if it had been named. Any other zip is a learner's and is read like a folder, once: a
    zip within it is a sentence.
    Raises CannotContinue if there is no such source, or no file in it.
    """
    if not source.exists():
        raise CannotContinue(f"There is no {source}. Name a folder, a zip or a notebook.")
    files = list(_distinct(_files(source)))
    if not files:
        raise CannotContinue(f"There is no notebook (a file ending in .ipynb) in {source}.")
    return sorted(files)


def is_notebook(path: str) -> bool:
    """Tell whether its name is a notebook's, also with what a browser put behind it."""
    return ".ipynb" in PurePosixPath(path).name.lower()


def shown(name: str) -> str:
    """Return a name with "?" for what can't be shown: other bytes than UTF-8, or controls."""
    whole = os.fsencode(name).decode("utf-8", "backslashreplace") if _odd(name) else name
    return NOT_SHOWN.sub("?", unicodedata.normalize("NFC", whole))


def _odd(name: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in name)


def _distinct(files: Iterator[Found]) -> Iterator[Found]:
    """Give the second file of the same path a number: a zip may hold a name twice."""
    known: set[str] = set()
    for file in files:
        number, told = 1, file.path
        while told in known:
            number += 1
            told = f"{file.path} [{number}]"
        known.add(told)
        yield file._replace(path=told)


def _files(source: Path) -> Iterator[Found]:
    if source.is_dir():
        yield from _in_folder(source)
    elif source.is_file() and (source.suffix.lower() == ".zip" or zipfile.is_zipfile(source)):
        try:
            yield from _in_zip(zipfile.ZipFile(source))
        except Exception as error:  # whatever stands in a damaged archive
            raise CannotContinue(
                f"{source} can't be read as a zip ({_told(error)}). Download it again, or unpack "
                "it and name the folder."
            ) from error
    else:
        yield Found(shown(source.name), partial(_contents, source))


def _in_folder(source: Path) -> Iterator[Found]:
    failed: list[OSError] = []
    for folder, folders, names in os.walk(source, onerror=failed.append):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted(name for name in folders if not LEFT_BEHIND.match(name))
        for name in (*names, *links):
            if LEFT_BEHIND.match(name):
                continue
            path = Path(folder, name)
            told, load = shown(path.relative_to(source).as_posix()), partial(_contents, path)
            if name in links:
                yield _none(told, LINK)
            elif _is_zip(name) and folder == os.fspath(source) and not _why_not(path.lstat()):
                yield from _in_a_class_s_zip(told, path)
            else:
                yield from _in_a_learners_zip(told, load) if _is_zip(name) else [Found(told, load)]
    for error in failed:
        told = shown(os.path.relpath(error.filename, source))
        yield _none(told, f"This folder can't be read ({error.strerror}).")


def _in_a_class_s_zip(told: str, path: Path) -> Iterator[Found]:
    about = path.stat()
    opened = partial(_archive, path, about.st_mtime_ns, about.st_size)
    try:
        names = [name for name, _ in opened()[1]]
    except Exception as error:  # whatever stands in a damaged archive
        yield _none(told, f"It can't be read as a zip ({_told(error)}).")
        return
    of_several = any(map(OF_A_SYSTEM.search, names)) or not any(map(is_notebook, names))
    for number, name in enumerate(names[:MOST_IN_A_CLASS]):
        load, within = partial(_nth, opened, number), f"{told}/{name}"
        if not _is_zip(name):
            yield Found(within, load)
        elif of_several:
            yield from _in_a_learners_zip(within, load)
        else:
            yield _none(within, NOT_OPENED)
    if not names or len(names) > MOST_IN_A_CLASS:
        yield _none(told, f"It holds {len(names)} files; {MOST_IN_A_CLASS} are read.")


@functools.lru_cache(ARCHIVES_AT_ONCE)
def _archive(path: Path, _changed: int, _size: int) -> tuple[zipfile.ZipFile, Entries]:
    """Return an open archive and what is in it, the same for one file after the other."""
    archive = zipfile.ZipFile(path)
    return archive, list(_entries(archive))


def _nth(opened: Callable[[], tuple[zipfile.ZipFile, Entries]], number: int) -> bytes | str:
    try:
        archive, entries = opened()
    except Exception as error:
        return f"It can't be unpacked ({_told(error)})."
    return _unpacked(archive, entries[number][1])


def _in_zip(archive: zipfile.ZipFile) -> Iterator[Found]:
    entries = list(_entries(archive))
    zips = [(name, entry) for name, entry in entries if _is_zip(name)]
    if len(zips) == 1 and not any(is_notebook(name) for name, _ in entries):
        [(name, entry)] = zips
        with contextlib.suppress(Exception):  # then it is read as a learner's
            inner = zipfile.ZipFile(_copied(archive, entry))
            for found in _in_zip(inner):
                yield found._replace(path=f"{name}/{found.path}")
            entries.remove((name, entry))
    for name, entry in entries:
        load = partial(_unpacked, archive, entry)
        yield from _in_a_learners_zip(name, load) if _is_zip(name) else [Found(name, load)]


def _copied(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """Return a zip that lies in another one as a file without a name, which goes with its use."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    with archive.open(entry) as stream:
        while piece := stream.read(1 << 20):
            if file.tell() > LARGEST_IN_A_ZIP:
                raise ValueError("too large")
            file.write(piece)
    return file


def _in_a_learners_zip(path: str, load: Load) -> Iterator[Found]:
    """Give what a zip among the files holds; it is read anew for each one, and never kept."""
    contents = load()
    if isinstance(contents, str):
        yield _none(path, contents)
        return
    try:
        names = [name for name, _ in _entries(zipfile.ZipFile(BytesIO(contents)))]
    except Exception as error:  # whatever stands in a damaged archive
        yield _none(path, f"It can't be read as a zip ({_told(error)}).")
        return
    for number, name in enumerate(names[:MOST_IN_A_ZIP]):
        within = f"{path}/{name}"
        if _is_zip(name):
            yield _none(within, NOT_OPENED)
        else:
            yield Found(within, partial(_within, load, number))
    if not names or len(names) > MOST_IN_A_ZIP:
        yield _none(path, f"It holds {len(names)} files; {MOST_IN_A_ZIP} are read.")


def _none(path: str, problem: str) -> Found:
    """Return a file of which no more is known than why it is not read."""
    return Found(path, partial(str, problem), problem)


def _entries(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for entry in archive.infolist():
        # Some programs of Windows write the separator of Windows.
        name = _named(entry).replace("\\", "/")
        if not name.endswith("/") and not any(map(LEFT_BEHIND.match, PurePosixPath(name).parts)):
            yield shown(name), entry


def _named(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry, also where a Mac wrote it in UTF-8 and did not say so."""
    try:
        told = bool(entry.flag_bits & UTF_8)
        return entry.filename if told else entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _within(load: Load, number: int) -> bytes | str:
    contents = load()
    if isinstance(contents, str):
        return contents
    archive = zipfile.ZipFile(BytesIO(contents))
    return _unpacked(archive, [entry for _, entry in _entries(archive)][number])


def _why_not(about: os.stat_result) -> str:
    """Say why a file is not opened; nothing if it can be."""
    if stat.S_ISLNK(about.st_mode):
        return LINK
    if not stat.S_ISREG(about.st_mode):
        return "It is no file but a pipe, a socket or a device, and is not read."
    return ""


def _contents(path: Path) -> bytes | str:
    # A link could name a file of the instructor's, whose contents the feedback would show.
    try:
        about = path.lstat()
        if why := _why_not(about):
            return why
        return path.read_bytes() if about.st_size <= LARGEST else _too_large(about.st_size)
    except OSError as error:
        return f"It can't be read ({error.strerror})."


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | str:
    # The size that an archive declares can be a lie: no more than this is ever unpacked.
    try:
        with archive.open(entry) as file:
            contents = file.read(LARGEST + 1)
    except Exception as error:  # each way of packing has errors of its own
        return f"It can't be unpacked ({_told(error)})."
    return contents if len(contents) <= LARGEST else _too_large(max(entry.file_size, LARGEST))


def _told(error: Exception) -> str:
    return shown(str(error))[:200].rstrip(".") or type(error).__name__


def _too_large(size: int) -> str:
    return (
        f"It has {size / 1e6:.0f} MB, and {LARGEST / 1e6:.0f} MB are the most. Outputs make a "
        "notebook large: clear them (in JupyterLab: Edit, Clear Outputs of All Cells) and save."
    )
