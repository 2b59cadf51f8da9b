"""Whose a file is where no learning system named it: by folders, else by the file's own name."""

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from course.checking.exercise import stems
from course.grading.handed_in import is_notebook
from course.names import chapter_of

DEEPEST = 40  # folders of a path that are looked at
# Words that say what a folder or a file is, and not whose; a number may follow. Where others beside
# it are no such words, one of these is a name like theirs.
SAYS_NOTHING = re.compile(
    r"(?:submissions?|submitted|handed ?in|hand ?ins?|notebooks?|workspace|exercises?|solutions?|"
    r"answers?|untitled|assignments?|homeworks?|hw|week|sheet|lab|attempt|version|v|try|draft|"
    r"late|resubmi(?:tted|ssions?)|final|old|new|backup|copy|downloads?|src|work|fixed|corrected)"
    r"[ _.-]?\d{0,2}",
    re.IGNORECASE,
)
# What browsers, Canvas, Windows and JupyterLab put behind the name of a second file.
COPIED = r"(?:\s?\(\d+\)|[\s_-]{0,3}copy\s?\d*|-\d{1,2})*"
ASKS = (
    "{folder} may be a group, or the folder of one learner: each part of it counts as a learner. "
    "If it is one learner's, put the notebooks into it without folders or names in between."
)
Folders = tuple[str, ...]
Rest = Mapping[str, Folders]  # what is left to look at of each path's folders


def names_by_folder(paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return (name, what to ask the instructor) for each path; the name may be empty.

    The first folder that may be a learner's names one; folders around the whole class do not.
    Where a folder may be a learner's or a group's, each of its parts is a learner.
    """
    every = _without_words({path: _folders(path) for path in paths})
    notebooks = [path for path in paths if is_notebook(path)] or paths
    around, rest = 0, {path: every[path] for path in notebooks}
    while _is_wrapped(rest):
        around, rest = around + 1, {path: folders[1:] for path, folders in rest.items()}
    groups = set(_groups(rest, ()))
    places = {path: _place(folders[around:], groups) for path, folders in every.items()}
    named = _names_of_files(path for path, (_, found, _) in places.items() if not found)
    names = {}
    for path, (folder, found, asks) in places.items():
        name = f"{folder}/{named[path]}" if folder and named.get(path) else named.get(path, "")
        names[path] = (folder if found else name or folder, asks)
    return names


def _folders(path: str) -> Folders:
    *folders, _ = PurePosixPath(path).parts
    names = [without_chapter(re.sub(r"\.zip$", "", name, flags=re.I)) for name in folders]
    return tuple(name for name in names if name not in ("", ".", "..", "/"))[:DEEPEST]


def _without_words(rest: Rest) -> dict[str, Folders]:
    """Leave out the folders of a place that all are called by words, or hold names in one."""
    direct, children = _split(rest)
    words = {name for name in children if SAYS_NOTHING.fullmatch(name)}
    if len(words) < len(children):
        words = {name for name in words if _holds_names(children[name])}
    found: dict[str, Folders] = dict.fromkeys(direct, ())
    if words:
        found |= _without_words(_union({name: children[name] for name in words}))
    for folder in children.keys() - words:
        for path, folders in _without_words(children[folder]).items():
            found[path] = (folder, *folders)
    return found


def _holds_names(below: Rest) -> bool:
    """Tell whether a place has only folders, and they are not all called by words."""
    direct, children = _split(below)
    return not direct and not all(map(SAYS_NOTHING.fullmatch, children))


def _union(children: Mapping[str, Rest]) -> Rest:
    return {path: folders for below in children.values() for path, folders in below.items()}


def _place(folders: Folders, groups: set[Folders]) -> tuple[str, bool, str]:
    """Return the folder that is a learner's, or the group; whether it is one; what to ask."""
    depth = 0
    while depth < len(folders) and folders[: depth + 1] in groups:
        depth += 1
    asks = ASKS.format(folder="/".join(folders[:depth])) if depth else ""
    return "/".join(folders[: depth + 1]), depth < len(folders), asks


def _names_of_files(paths: Iterable[str]) -> dict[str, str]:
    """Return the names that files bear which lie in no learner's folder.

    A notebook is called after its learner; other files are called anything.
    """
    names = {path: file_name(path) for path in paths if is_notebook(path) or stem_in(path)}
    words = all(SAYS_NOTHING.fullmatch(name) for name in names.values() if name)
    return {path: "" if words else name for path, name in names.items()}


def _is_wrapped(rest: Rest) -> bool:
    """Tell whether one folder is around everything, and is no learner's."""
    direct, children = _split(rest)
    if direct or len(children) != 1:
        return False
    [below] = children.values()
    names = {file_name(path) for path in below}
    in_it = all(path.count("/") == 1 for path in below)
    return (in_it and len(names) > 1 and "" not in names) or _is_group(below)


def _groups(rest: Rest, above: Folders) -> Iterator[Folders]:
    """Yield the folders that several learners may share."""
    _, children = _split(rest)
    groups = {folder for folder, below in children.items() if _is_group(below)}
    for folder, below in children.items():
        # Beside groups, a folder that holds one folder alone is a group of one.
        if folder in groups or (groups and not _split(below)[0]):
            yield (*above, folder)
            yield from _groups(below, (*above, folder))


def _is_group(rest: Rest) -> bool:
    """Tell whether several learners may share a folder."""
    direct, children = _split(rest)
    named = {(stem_in(path), name) for path in direct if (name := file_name(path))}
    chapters = [chapter for chapter, _ in named if chapter]
    two_for_one = len(chapters) > len(set(chapters))
    of_files = {name for _, name in named if not SAYS_NOTHING.fullmatch(name)}
    # A folder beside a file with a name of its own may be two learners, each in their way.
    if len(children) + bool(children and of_files) > 1 or (two_for_one and of_files):
        return True
    return not direct and any(_is_group(below) for below in children.values())


def _split(rest: Rest) -> tuple[list[str], dict[str, Rest]]:
    """Return the paths that lie here, and those below each folder."""
    children: dict[str, dict[str, Folders]] = defaultdict(dict)
    for path, folders in rest.items():
        if folders:
            children[folders[0]][path] = folders[1:]
    return [path for path, folders in rest.items() if not folders], dict(children)


def file_name(path: str) -> str:
    """Return what a file's name says of its learner: what is left without chapter and ending."""
    name = PurePosixPath(path).name
    name = re.split(r"\.ipynb", name, maxsplit=1, flags=re.I)[0]
    name = name if name != PurePosixPath(path).name else PurePosixPath(path).stem
    return without_chapter(name)


def names_within(paths: Iterable[str]) -> set[str]:
    """Return the names of a folder's notebooks that may be learners' names."""
    names = map(file_name, paths)
    return {name for name in names if name and not SAYS_NOTHING.fullmatch(name)}


def without_chapter(name: str) -> str:
    """Return a name without the chapter's, and all else as it is."""
    return "_".join(piece for piece in _chapter_pattern().split(name) if piece)


def stem_in(path: str) -> str:
    """Return the stem of the chapter that a file's name names, or an empty string."""
    for match in _chapter_pattern().finditer(PurePosixPath(path).name):
        for stem in stems():
            if chapter_of(stem) in match[0].lower():
                return stem
    return ""


@functools.cache
def _chapter_pattern() -> re.Pattern[str]:
    whole = [re.escape(stem).replace("_", "[-_ ]") for stem in stems()]
    short = [f"{chapter_of(stem)}(?![0-9])" for stem in stems()]
    return re.compile(
        rf"(?: - |[ _.-])?(?<![a-z0-9])(?:{'|'.join(whole + short)})(?:{COPIED}$| - |[ _.-])?",
        re.IGNORECASE,
    )
