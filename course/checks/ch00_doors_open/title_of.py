"""ch00-ex2: a look at the board."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from course.checking.attempts import attempt, interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing

PROGRAMME = {3: "The Tempest", 8: "Twelfth Night"}


async def observe_title_of(case: None, title_of: Any) -> dict[str, Any]:
    """Ask for two shows that an app has, and for one that it has not."""
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse

    app, asked = FastAPI(), []

    @app.get("/shows/{show_id}")
    async def show(show_id: int) -> Any:
        asked.append(show_id)
        if show_id not in PROGRAMME:
            # An error has a title too, as RFC 9457 has it: only the status tells them apart.
            return JSONResponse({"title": "Not Found", "status": 404}, status_code=404)
        return {"id": show_id, "title": PROGRAMME[show_id]}

    outcomes = {}
    for show_id in (*PROGRAMME, 99):
        outcome = await attempt(partial(title_of, app, show_id))
        outcomes[str(show_id)] = outcome.as_dict()
    return {"outcomes": outcomes, "asked": asked}


def judge_title_of(case: None, seen: dict[str, Any]) -> Iterable[Finding]:
    outcomes = seen["outcomes"]
    for show_id, title in PROGRAMME.items():
        outcome = outcomes[str(show_id)]
        if reason := interruption(outcome, "title_of"):
            yield Nothing(_explained(reason))
            return
        if show_id not in seen["asked"]:
            yield Broken("title", f"The app was never asked for /shows/{show_id}.")
        elif outcome["value"] != title:
            yield Broken(
                "title", f"Show {show_id} is {title!r}; title_of returned {outcome['value']!r}."
            )
    missing = outcomes["99"]
    if reason := interruption(missing, "title_of"):
        yield Broken(
            "missing",
            f"There is no show 99, and the app said so with status 404. Then {reason} "
            "Look at the status before you read the body.",
        )
    elif missing["value"] is not None:
        yield Broken(
            "missing",
            f"There is no show 99; title_of returned {missing['value']!r}. "
            "Look at the status before you read the body.",
        )


def _explained(reason: str) -> str:
    if "'coroutine' object has no attribute" in reason:
        return f"{reason} Calling http.get gives a coroutine; await it to get the answer."
    if "context manager protocol" in reason:
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
    observe=observe_title_of,
    judge=judge_title_of,
)
