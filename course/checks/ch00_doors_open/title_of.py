"""ch00-ex2: a look at the board."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.sealed import sealed

TITLES = (
    "king lear", " Hamlet ", "Die Räuber · 群盗", 'What, "No" Moon?', "",
    "The Tragical History of the Life and Death of Doctor Faustus, with New Additions",
)  # fmt: skip
RENAMED = ("The Tempest", "Twelfth Night", "As You Like It")
NOT_FOUND = "Not Found"  # the title of an error, and of a play


@dataclass(frozen=True)
class Case:
    """The titles of an app's shows by their ids, and an id that no show has.

    `renamed` is what the first show is called when it is asked for once more.
    """

    programme: dict[int, str]
    missing: int
    renamed: str


def draw_title_of(random: Random) -> Case:
    titles = random.sample((*TITLES, NOT_FOUND), len(TITLES) + 1)
    *ids, missing = random.sample(range(1, 400), len(titles))
    ids.insert(random.randrange(len(titles)), 0)  # a number like any other
    return Case(dict(zip(ids, titles, strict=True)), missing, random.choice(RENAMED))


async def observe_title_of(case: Case, title_of: Any) -> dict[str, Any]:
    """Ask for the shows that an app has, and for one that it has not."""
    asked: list[str] = []
    programme = dict(case.programme)
    app = sealed(_recording(_app(programme), asked))

    async def told(show_id: int) -> dict[str, Any]:
        asked.clear()
        outcome = await attempt(partial(title_of, app, show_id))
        return {**outcome.as_dict(), "asked": list(asked)}

    outcomes = {str(show_id): await told(show_id) for show_id in (*programme, case.missing)}
    first = next(iter(programme))
    programme[first] = case.renamed
    return {"outcomes": outcomes, "renamed": await told(first)}


def _app(programme: dict[int, str]) -> Any:
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    app = FastAPI()

    @app.get("/shows/{show_id}")
    async def show(show_id: int) -> Any:
        if show_id not in programme:
            # An error has a title too, as RFC 9457 has it: only the status tells them apart.
            return JSONResponse({"title": NOT_FOUND, "status": 404}, status_code=404)
        return {"id": show_id, "title": programme[show_id], "status": "on sale"}

    return app


def _recording(app: Any, asked: list[str]) -> Any:
    async def asked_for(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.append(f"{scope['method']} {scope['path']}")
        await app(scope, receive, send)

    return asked_for


def judge_title_of(case: Case, seen: dict[str, Any]) -> Iterable[Finding]:
    outcomes = seen["outcomes"]
    for show_id, title in case.programme.items():
        outcome, due = outcomes[str(show_id)], f"GET /shows/{show_id}"
        reason = interruption(outcome, "title_of")
        if outcome["asked"] and due not in outcome["asked"]:
            yield Nothing(
                f"For show {show_id} the app was asked {outcome['asked'][0]}, and what is due is "
                f"{due}.{f' Then {reason}' if reason else ''}"
            )
            return
        if reason:
            yield Nothing(_explained(reason))
            return
        if not outcome["asked"]:
            yield Broken("title", f"The app was never asked for {due}.")
        elif outcome["value"] != title:
            yield Broken(
                "title", f"Show {show_id} is {title!r}; title_of returned {outcome['value']!r}."
            )
    yield from _judge_renamed(case, seen["renamed"])
    yield from _judge_missing(case.missing, outcomes[str(case.missing)])


def _judge_renamed(case: Case, again: dict[str, Any]) -> Iterator[Broken]:
    show_id, before = next(iter(case.programme.items()))
    if again["ended"] == "returned" and again["value"] == before:
        yield Broken(
            "title",
            f"Show {show_id} was {before!r}, and is called {case.renamed!r} since; title_of still "
            f"returned {before!r}{'' if again['asked'] else ', and did not ask the app again'}.",
        )


def _judge_missing(show_id: int, outcome: dict[str, Any]) -> Iterator[Broken]:
    if reason := interruption(outcome, "title_of"):
        yield Broken(
            "missing",
            f"There is no show {show_id}, and the app said so with status 404. Then {reason} "
            "Look at the status, and return None.",
        )
    elif outcome["value"] is not None:
        yield Broken(
            "missing",
            f"There is no show {show_id}; the app answered with status 404, and title_of returned "
            f"{outcome['value']!r}. Look at the status, and return None.",
        )
    elif not outcome["asked"]:
        yield Broken("missing", f"The app was never asked for GET /shows/{show_id}.")


def _explained(reason: str) -> str:
    if "'coroutine' object has no attribute" in reason:
        return f"{reason} Calling http.get gives a coroutine; await it to get the answer."
    if "does not support the context manager protocol" in reason:
        return f"{reason} Use `async with`, in an `async def`."
    return reason


TITLE_OF = Exercise(
    id="ch00-ex2",
    title="A look at the board",
    objectives=("await", "app"),
    answers=("title_of",),
    promises={
        "title": "the title is the one that the app answers",
        "missing": "for a show that the app does not have, None is returned",
    },
    hints=(
        "The lesson calls its own app once; which three lines do it?",
        "`async with client(app) as http:` and then `await http.get(...)`.",
        "answer.status_code is 404 for a show that is not there; answer.json() is the body.",
    ),
    draw=draw_title_of,
    observe=observe_title_of,
    judge=judge_title_of,
)
