"""Which results are of one learner: by an id, or by the whole name where nothing speaks against it.

Where that is unclear they stay apart, and it is asked.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from course.grading.folders import names_within, stem_in
from course.grading.learners import UNIQUE, Learner
from course.grading.results import Result
from course.grading.roster import Entry
from course.names import chapter_of

ASKS_OF_SEVERAL = (
    "Of {who} there are {about}, called {names}. They count as one learner's: if they are of "
    "several, give each a folder of their own."
)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
Key = tuple[str, ...]
K = TypeVar("K")
V = TypeVar("V")


@dataclass
class Person:
    """One learner of the class: how the report calls them, what is known of them, their results.

    `called` is different for each. `entry` is their line of the roster, if there is one.
    """

    results: list[Result]
    entry: Entry | None = None
    called: str = ""
    asks: list[str] = field(default_factory=list)

    @property
    def learner(self) -> Learner:
        """What the first of the results says of them."""
        return self.results[0].learner if self.results else Learner()

    @property
    def name(self) -> str:
        """The name, which others may have too; empty if nobody knows it."""
        return self.entry.name if self.entry else self.learner.name

    @property
    def group(self) -> str:
        """The group that the roster names."""
        return self.entry.group if self.entry else ""

    def known(self, field_name: str, system: str = "") -> str:
        """Return an id, login or mail: the roster's, else a system's; of one system if named."""
        said = [r.learner for r in self.results if not system or r.learner.system == system]
        values = [getattr(self.entry, field_name, "")] if self.entry and not system else []
        values += [getattr(learner, field_name) for learner in said]
        return next((value for value in values if value), "")


def people(results: Sequence[Result], roster: Sequence[Entry] = ()) -> list[Person]:
    """Return every learner of the class by name, those of the roster without results too."""
    persons = [Person(list(own)) for own in _of_one_learner(results)]
    persons = _with_roster(persons, roster) if roster else persons
    _ask([person for person in persons if not person.entry])
    _call(persons)
    return sorted(persons, key=lambda person: (normal(person.called), person.called))


def normal(name: str) -> str:
    """Return what two spellings of one name have in common: not case, spaces or Unicode's form.

    Groß and Gross are two names, so this is no case folding.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
    return " ".join(folded.split())


def _key(result: Result) -> Key:
    """Return what results of one learner surely have in common."""
    learner = result.learner
    if not learner.name:
        return ("", f"\0{result.path}")  # what no name is
    if learner.asks:
        return ("", normal(learner.name), "asks")
    return (learner.system if learner.id or learner.login else "", normal(learner.name), learner.id,
            learner.login)  # fmt: skip


def _of_one_learner(results: Iterable[Result]) -> list[list[Result]]:
    """Put results together: those with one key, then those keys of a name that may be one."""
    by_key: dict[Key, list[Result]] = defaultdict(list)
    for result in results:
        by_key[_key(result)].append(result)
    by_name: dict[str, list[Key]] = defaultdict(list)
    for key in by_key:
        by_name[key[1]].append(key)
    together: list[list[Result]] = []
    for keys in by_name.values():
        by_system: dict[str, list[Key]] = defaultdict(list)
        for key in keys:
            by_system[key[0]].append(key)
        if all(_may_be_one([by_key[key] for key in own]) for own in by_system.values()):
            together.append([result for key in keys for result in by_key[key]])
        else:
            together += [by_key[key] for key in keys]
    return together


def _may_be_one(groups: list[list[Result]]) -> bool:
    """Tell whether the different ids that a system gives to one name may be of one learner."""
    if len(groups) == 1:
        return True
    # A number for one assignment: a learner has another one in the next. Two in the same are two.
    chapters = [{result.stem for result in group} for group in groups]
    count = Counter(stem for each in chapters for stem in each)
    return not _is_unique(groups[0][0].learner) and "" not in count and max(count.values()) == 1


def _ask(persons: list[Person]) -> None:
    """Note what is unclear about who they are."""
    names = _grouped((normal(person.name) or None, person) for person in persons)
    for same in names.values():
        for person in same if len(same) > 1 else ():
            person.asks.append(
                f"{len(same)} learners are called {person.name}, and nothing says that they are "
                "one, so they stay apart. A roster with their ids would tell."
            )
    said = ((person, person.learner) for person in persons)
    ids = _grouped(((one.system, one.id), p) for p, one in said if one.id and _is_unique(one))
    for (system, number), same in ids.items():
        different = sorted({person.name for person in same})
        for person in same if len(different) > 1 else ():
            person.asks.append(
                f"{system}'s id {number} has {len(different)} names: {', '.join(different)}. Are "
                "they one learner?"
            )
    undated = _grouped((_without_date(person), person) for person in persons)
    for same in undated.values():
        for person in same if len(same) > 1 else ():
            called = ", ".join(sorted(person.name for person in same))
            person.asks.append(f"Only a date tells {called} apart. Are they one learner?")
    for person in persons:
        person.asks += dict.fromkeys(r.learner.asks for r in person.results if r.learner.asks)
        person.asks += _asks_of_several(person)


def _without_date(person: Person) -> str | None:
    """Return what is left of a name that holds a date, if no system wrote it there."""
    name, count = DATE.subn("", normal(person.name))
    return None if person.learner.system or not count else name.strip(" _-")


def _asks_of_several(person: Person) -> Iterator[str]:
    """Ask whether a folder is one learner's, if its notebooks bear different names.

    That is several for one chapter, or one for each where the chapter stands beside it.
    """
    by_chapter = _grouped(
        (result.stem or None, result.path)
        for result in person.results
        if result.is_notebook and not result.learner.system and not result.learner.asks
    )
    names = {stem: sorted(names_within(paths)) for stem, paths in by_chapter.items()}
    every = sorted({name for each in names.values() for name in each})
    if not person.name or normal(person.name) in map(normal, every):
        return
    for stem, paths in by_chapter.items():
        if len(names[stem]) > 1:
            about = f"{len(paths)} notebooks for {chapter_of(stem)}"
            yield ASKS_OF_SEVERAL.format(who=person.name, about=about, names=", ".join(names[stem]))
    by_names = all(stem_in(path) for paths in by_chapter.values() for path in paths)
    if by_names and 1 < len(names) == len(every) and all(len(each) == 1 for each in names.values()):
        about = f"notebooks for {', '.join(map(chapter_of, sorted(names)))}"
        yield ASKS_OF_SEVERAL.format(who=person.name, about=about, names=", ".join(every))


def _is_unique(learner: Learner) -> bool:
    """Tell whether its id is of one learner, whatever the assignment."""
    return UNIQUE.get(learner.system, True)


# --- the roster -----------------------------------------------------------------------------


def _with_roster(persons: list[Person], roster: Sequence[Entry]) -> list[Person]:
    """Give persons their line of the roster, by an id, else by a name that only these two have."""
    matched: dict[int, list[Person]] = defaultdict(list)
    rest: list[Person] = []
    unclear: list[Person] = []
    by_id = _single({each: i for each in entry.ids} for i, entry in enumerate(roster))
    by_name = _single({normal(entry.name): i} for i, entry in enumerate(roster))
    for person in persons:
        numbers = {by_id[each] for each in _ids(person) if each in by_id}
        if numbers and not person.learner.system and normal(person.name) in by_name:
            # A folder's name may be the login of one, and the name of another.
            numbers.add(by_name[normal(person.name)])
        if len(numbers) == 1:
            matched[numbers.pop()].append(person)
        else:
            (unclear if numbers else rest).append(person)
    for names in (_name, _names):
        free = [i for i in range(len(roster)) if i not in matched]
        by_name = _single({each: i for each in names(roster[i])} for i in free)
        found = _grouped((by_name.get(normal(person.name)), person) for person in rest)
        for i, same in found.items():
            if len(same) == 1:
                matched[i] = same
                rest.remove(same[0])
    teams = _grouped((normal(entry.group) or None, i) for i, entry in enumerate(roster))
    for team in [person for person in rest if normal(person.name) in teams]:
        # Moodle calls what a team handed in by the team's name and number, and nobody's.
        if team.learner.system == "Moodle":
            rest.remove(team)
            results = [replace(r, learner=replace(r.learner, id="")) for r in team.results]
            for i in teams[normal(team.name)]:
                matched[i].append(Person(results))
    rest += unclear
    for person in rest:
        if person.name:
            person.asks.append(f"{person.name} is not on the roster, or on it more than once.")
    on_it = [
        Person([r for person in matched.get(i, []) for r in person.results], entry)
        for i, entry in enumerate(roster)
    ]
    return on_it + rest


def _ids(person: Person) -> set[str]:
    said = [result.learner for result in person.results]
    # A folder is often named by the login.
    names = {normal(learner.name) for learner in said if not learner.system}
    ids = {each for one in said if _is_unique(one) for each in (one.id, one.login)}
    return {each.casefold() for each in {*ids, *(one.mail for one in said)} if each} | names


def _name(entry: Entry) -> set[str]:
    return {normal(entry.name)}


def _names(entry: Entry) -> set[str]:
    """Return the ways in which a system may write a name: Canvas has lopezana for Ana Lopez."""
    first, _, last = entry.name.rpartition(" ")
    words = entry.name.split()
    sortable = {"".join(words[i:] + words[:i]) for i in range(len(words))}
    squeezed = {"".join(filter(str.isalnum, normal(name))) for name in sortable}
    return {normal(entry.name), normal(f"{last} {first}"), normal(f"{last}, {first}"), *squeezed}


def _single(dicts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return what stands in one of the dicts only."""
    found = _grouped((name, number) for each in dicts for name, number in each.items())
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}


def _grouped(pairs: Iterable[tuple[K | None, V]]) -> dict[K, list[V]]:
    """Return the values by their names; those without a name are left out."""
    found: dict[K, list[V]] = defaultdict(list)
    for name, value in pairs:
        if name is not None:
            found[name].append(value)
    return found


# --- what they are called -------------------------------------------------------------------


def _call(persons: list[Person]) -> None:
    """Give each a name that no other has; results are of that name from here on."""
    count = Counter(normal(person.name) for person in persons)
    taken: set[str] = set()
    for person in persons:
        called = person.name or (person.results[0].path if person.results else "")
        if person.name and count[normal(person.name)] > 1:
            told = person.known("id") or person.known("login") or person.known("mail")
            where = person.results[0].path if person.results else ""
            called = f"{called} ({told or where or 'no id'})"
        number = 1
        while normal(unique := called if number == 1 else f"{called} [{number}]") in taken:
            number += 1
        taken.add(normal(unique))
        person.called = unique
        person.results[:] = [replace(result, called=unique) for result in person.results]
