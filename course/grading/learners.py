"""Whose a file is, by its path and by what the system that collected it wrote beside it.

Nothing of a name is thrown away that could tell one learner from another.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from course.grading.folders import names_by_folder
from course.grading.handed_in import Found, is_notebook


@dataclass(frozen=True)
class Learner:
    """What a file's path, and the system that collected it, say of one learner.

    `name` is empty where nothing names one. `id` is the system's own number or key, `system` the
    system. `late` and `attempt` (from 1; 0 if unknown) are as the system writes them, `submitted`
    is a time that sorts as text. `asks` is what the instructor should be asked.
    """

    name: str = ""
    id: str = ""
    login: str = ""
    mail: str = ""
    system: str = ""
    late: bool = False
    attempt: int = 0
    submitted: str = ""
    asks: str = ""


@dataclass(frozen=True)
class System:
    """One way of naming files: a pattern of paths, whose groups are fields of Learner.

    Instead of `name`, a pattern may have `first` and `last`. `everywhere` means that the pattern
    alone is weak: it counts only if all notebooks have it. `unique` is False where an `id` is of
    a learner in one assignment only.
    """

    name: str
    pattern: re.Pattern[str]
    everywhere: bool = False
    unique: bool = True


def _row(name: str, pattern: str, **more: bool) -> System:
    return System(name, re.compile(rf"(?:^|/){pattern}"), **more)


# In this order: the first that fits.
SYSTEMS = (
    # moodle: mod/assign/locallib.php, download_submissions(): "fullname_uniqueid_" and then
    # "assignsubmission_file_" as a folder or before the file's name. The id is a row of
    # assign_user_mapping: of one learner in one assignment. A "_" in a name became a space. Teams
    # have their own number; the team of all who are in none has none.
    _row(
        "Moodle",
        r"(?P<name>[^/]+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)(?:_(?P<file>[^/]*))?"
        r"(?:/|$)",
        unique=False,
    ),
    # Blackboard Learn, "Assignment File Download": ASSIGNMENT_USERNAME_attempt_TIME_FILE, and
    # ASSIGNMENT_USERNAME_attempt_TIME.txt, whose first line is "Name: Ana Lopez (alopez)".
    _row(
        "Blackboard",
        r"(?P<assignment>[^/_]*)_(?P<login>[^/]+)_attempt_(?P<submitted>\d{4}(?:-\d\d){5})"
        r"(?:_(?P<file>[^/]+)|\.txt$)",
    ),
    # canvas-lms: lib/content_zipper.rb, get_filename() and add_upload_submission(): the sortable
    # name in lower case without spaces and commas, LATE, the user's id, the attachment's id and
    # its name, to which Canvas adds -1, -2 when it is handed in again. Or, where students are
    # anonymous, "anon_" and five letters. Text that was typed ends in _text.html, a link likewise.
    _row(
        "Canvas",
        r"(?:(?P<late>LATE)_)?(?P<name>anon_(?P<id>[A-Za-z0-9]{5}))_\d+_(?P<file>[^/]+)",
    ),
    _row(
        "Canvas",
        r"(?P<name>[^/]+?)_(?:(?P<late>LATE)_)?(?P<id>\d+)_(?:\d+_(?P<file>[^/]+)"
        r"|(?:text|link)\.html$)",
    ),
    # Brightspace, "Download" of all: USER-FOLDER - NAME - TIME, as a folder or before the file.
    _row(
        "Brightspace",
        r"(?P<id>\d+)-\d+ - (?P<name>[^/]+?) - [^/-]+ \d{4} \d{3,4} [AP]M(?:/| - (?P<file>[^/]+))",
    ),
    # Gradescope, "Export Submissions": a folder submission_NUMBER for each, and
    # submission_metadata.yml, which says whose they are.
    _row("Gradescope", r"(?P<name>submission_(?P<id>\d+))/"),
    # gh classroom clone student-repos: ASSIGNMENT-submissions/ASSIGNMENT-USERNAME/.
    _row(
        "GitHub Classroom", r"(?P<assignment>[^/]+)-submissions/(?P=assignment)-(?P<login>[^/]+)/"
    ),
    # nbgrader: "submitted/{student_id}/{assignment_id}", with a timestamp.txt beside the notebook.
    _row("nbgrader", r"submitted/(?P<login>[^/]+)/(?P<assignment>[^/]+)/"),
    # ILIAS: ilExSubmission::getDirectoryNameFromUserData(): LASTNAME_FIRSTNAME_LOGIN_ID.
    _row(
        "ILIAS",
        r"(?P<last>[^/_]*)_(?P<first>[^/_]*)_(?P<login>[^/]+)_(?P<id>\d+)/",
        everywhere=True,
    ),
)
UNIQUE = {system.name: system.unique for system in SYSTEMS}
MORE_ATTEMPTS = re.compile(r"-(\d{1,2})(?:\.\w+)?$")
# What these systems put beside what was handed in.
BESIDE = {
    "Blackboard": re.compile(r"_attempt_\d{4}(?:-\d\d){5}\.txt$"),
    "Gradescope": re.compile(r"(?:^|/)submission_metadata\.yml$"),
    "nbgrader": re.compile(r"(?:^|/)submitted/[^/]+/[^/]+/timestamp\.txt$"),
}
KEPT_BY_NBGRADER = ("source/", "release/", "autograded/", "feedback/", "gradebook.db")
MOST_TEXT = 100  # characters of a name that a notebook gives itself


def whose(files: Sequence[Found]) -> dict[str, tuple[Learner, ...]]:
    """Return the learners of each file that was handed in, by its path; several for a team.

    Files that a system itself put there are left out.
    """
    beside: dict[str, list[Found]] = {system: [] for system in BESIDE}
    handed_in: list[Found] = []
    for file in files:
        system = next((name for name, pattern in BESIDE.items() if pattern.search(file.path)), "")
        (beside[system] if system else handed_in).append(file)
    found = _by_system([file.path for file in handed_in])
    own = _of_nbgrader(found)
    others = [f.path for f in handed_in if f.path not in found and not f.path.startswith(own)]
    if found and not any(map(is_notebook, others)):
        found |= dict.fromkeys(others, Learner())  # a list, for instance, above all folders
    else:
        for path, (name, asks) in names_by_folder(others).items():
            found[path] = Learner(one_line(name), asks=asks)
    learners: dict[str, tuple[Learner, ...]] = {path: (each,) for path, each in found.items()}
    _read_blackboard(beside["Blackboard"], learners)
    _read_gradescope(beside["Gradescope"], learners)
    _read_nbgrader(beside["nbgrader"], learners)
    return learners


def _of_nbgrader(found: Mapping[str, Learner]) -> tuple[str, ...]:
    """Return how the paths begin of what nbgrader itself keeps beside what was submitted."""
    of_it = (path for path, one in found.items() if one.system == "nbgrader")
    courses = {re.split(r"(?:^|(?<=/))submitted/", path, maxsplit=1)[0] for path in of_it}
    return tuple(f"{course}{name}" for course in courses for name in KEPT_BY_NBGRADER)


def _by_system(paths: Iterable[str]) -> dict[str, Learner]:
    found: dict[str, Learner] = {}
    left = list(paths)
    for system in SYSTEMS:
        fitting = {path: match for path in left if (match := system.pattern.search(path))}
        if system.everywhere and any(is_notebook(p) and p not in fitting for p in left):
            continue
        taken = {path: _learner(system.name, match) for path, match in fitting.items()}
        if system.name == "Canvas":
            taken = _without_contradictions(taken, fitting)
        found |= taken
        left = [path for path in left if path not in taken]
    return found


def _without_contradictions(
    taken: dict[str, Learner], fitting: dict[str, re.Match[str]]
) -> dict[str, Learner]:
    """Leave out who hands in two files of one name: Canvas gives the second another name.

    class_2024_001_ch01.ipynb and class_2024_002_ch01.ipynb are of two learners, and not Canvas's.
    """
    files = Counter(
        (learner.name, learner.id, learner.late, *_around(fitting[path]))
        for path, learner in taken.items()
    )
    twice = {(name, number) for (name, number, *_), count in files.items() if count > 1}
    return {path: each for path, each in taken.items() if (each.name, each.id) not in twice}


def _around(match: re.Match[str]) -> tuple[str, str, str]:
    before, after = match.string[: match.start()], match.string[match.end() :]
    return before, match.groupdict().get("file") or "", after


def _learner(system: str, match: re.Match[str]) -> Learner:
    said = {name: value or "" for name, value in match.groupdict().items()}
    name = said.get("name") or " ".join(said.get(part, "") for part in ("first", "last"))
    login = one_line(said.get("login", ""))
    again = MORE_ATTEMPTS.search(said.get("file", "")) if system == "Canvas" else None
    return Learner(
        one_line(name) or login or said.get("id", ""),
        said.get("id", ""),
        login,
        system=system,
        late=bool(said.get("late")),
        attempt=int(again[1]) + 1 if again else 0,
        submitted=said.get("submitted", ""),
    )


def one_line(name: str) -> str:
    """Return a name with one space where there is any."""
    return " ".join(name.split())


def _read_blackboard(texts: Iterable[Found], learners: dict[str, tuple[Learner, ...]]) -> None:
    """Correct names and logins by the texts that Blackboard writes beside the files."""
    said = {}
    for path, load, _ in texts:
        contents = load()
        text = contents.decode(errors="replace") if isinstance(contents, bytes) else ""
        first = text.partition("\n")[0]
        if match := re.match(r"\ufeff?Name: *(.+?) *\(([^()]+)\)\s*$", first):
            said[path.removesuffix(".txt")] = match.groups()
    for path, of in learners.items():
        head = re.match(r"(.*_attempt_\d{4}(?:-\d\d){5})", path)
        if head and head[1] in said and of[0].system == "Blackboard":
            name, login = said[head[1]]
            learners[path] = (replace(of[0], name=one_line(name), login=login),)
    names = {login: name for name, login in said.values()}
    for path, of in learners.items():  # an attempt whose text is not there
        if of[0].system == "Blackboard" and of[0].name == of[0].login in names:
            learners[path] = (replace(of[0], name=one_line(names[of[0].login])),)


def _read_gradescope(texts: Iterable[Found], learners: dict[str, tuple[Learner, ...]]) -> None:
    """Name the learners of each submission by Gradescope's metadata; a team has several."""
    said: dict[str, Any] = {}
    for path, load, _ in texts:
        above = path.removesuffix("submission_metadata.yml")
        said |= {f"{above}{name}": each for name, each in _yaml(load()).items()}
    for path, of in learners.items():
        folder = re.match(r"((?:.*/)?submission_\d+)/", path)
        about = said.get(folder[1]) if folder and of[0].system == "Gradescope" else None
        if isinstance(about, dict) and (team := _submitters(about)):
            learners[path] = tuple(replace(each, system="Gradescope") for each in team)


def _submitters(about: dict[str, Any]) -> list[Learner]:
    submitters = about.get(":submitters")
    submitted = str(about.get(":created_at") or "")
    team = []
    for each in submitters if isinstance(submitters, list) else ():
        if isinstance(each, dict):
            said = {key: one_line(str(value or "")) for key, value in each.items()}
            name, sid, mail = (said.get(key, "") for key in (":name", ":sid", ":email"))
            team.append(Learner(name or mail or sid, sid or mail, mail=mail, submitted=submitted))
    return [each for each in team if each.name]


def _yaml(contents: bytes | str) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped]  # for Gradescope alone

    try:
        content = yaml.safe_load(contents) if isinstance(contents, bytes) else None
    except (yaml.YAMLError, ValueError, RecursionError):
        content = None
    return {str(k): v for k, v in content.items()} if isinstance(content, dict) else {}


def _read_nbgrader(texts: Iterable[Found], learners: dict[str, tuple[Learner, ...]]) -> None:
    said = {str(PurePosixPath(path).parent): load() for path, load, _ in texts}
    for path, of in learners.items():
        contents = said.get(str(PurePosixPath(path).parent), "")
        if isinstance(contents, bytes) and of[0].system == "nbgrader":
            submitted = one_line(contents.decode(errors="replace"))[:40]
            learners[path] = (replace(of[0], submitted=submitted),)


def named_within(notebook: dict[str, Any]) -> str:
    """Return the learner whom a notebook's own metadata name, or an empty string."""
    metadata = notebook.get("metadata")
    named = metadata.get("learner") if isinstance(metadata, dict) else None
    return one_line(named)[:MOST_TEXT] if isinstance(named, str) else ""
