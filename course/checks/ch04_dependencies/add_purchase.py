"""ch04-ex3: a sale, and the mail after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course.checking.attempts import interruption
from course.checking.exercise import Broken, Exercise, Finding, Nothing
from course.checking.patience import IDLE
from course.checks.ch04_dependencies.post_office import (
    PATH,
    Counter,
    Wish,
    draw_counter,
    observe_add_purchase,
)


@dataclass(frozen=True)
class Sold:
    """A purchase as the judge sees it: the wish, what was seen of it, its mails and its row."""

    wish: Wish
    seen: dict[str, Any]
    mails: list[dict[str, Any]]
    row: list[Any] | None


def judge_add_purchase(case: Counter, seen: dict[str, Any]) -> Iterable[Finding]:
    if reason := _why_no_sale(seen):
        yield Nothing(reason)
        return
    wishes = (*case.wishes, *case.both)
    every = [
        Sold(
            wish,
            one,
            [mail for mail in seen["mails"] if mail["sale"] == one["id"]],
            seen["rows"].get(str(one["id"])),
        )
        for wish, one in zip(wishes, seen["purchases"], strict=False)
    ]
    problems = (
        ("sold", _why_not_sold(case, seen, every)),
        ("after", _why_not_after(seen, every)),
        ("marked", _why_not_marked(case, seen, every)),
        ("failed", _why_not_unharmed(every)),
        ("one", _why_too_many(seen)),
    )
    for promise, problem in problems:
        if problem:
            yield Broken(promise, problem)


def _why_no_sale(seen: dict[str, Any]) -> str | None:
    if "table" in seen:
        return f"The table of Sale could not be used: {seen['table']}."
    if reason := interruption(seen["made"], "add_purchase"):
        return reason
    for one in seen["purchases"]:
        outcome = one["outcome"]
        if outcome["ended"] == "timed out" and outcome["spent"] == IDLE:
            return _why_still(one)
        if reason := interruption(outcome, f"POST {PATH}"):
            return reason
    first = seen["purchases"][0]
    if first["status"] in (404, 405):
        return (
            f"POST {PATH} was answered with {first['status']}. Is there such an endpoint, with "
            "this method?"
        )
    if first["status"] is None or first["status"] >= 400:
        return (
            f"POST {PATH}, the first purchase, failed: "
            f"{first['error'].rstrip('.') or first['status']}. {first['text']}".rstrip()
        )
    return None


def _why_still(one: dict[str, Any]) -> str:
    if not one["complete"]:
        return (
            "A purchase was not answered: nothing was left that could go on. What does it wait "
            "for, while it holds a connection or SQLite's write lock?"
        )
    told = "A purchase was answered, and then nothing moved any more."
    if one["committed"] is False:
        return (
            f"{told} The sale was not committed when the answer began. With the default scope the "
            "request's transaction ends after the background task; a task that writes waits for "
            "it: for its write lock here, for its connection on a pool of one."
        )
    return f"{told} What does the task wait for: for something that the request still holds?"


def _why_not_sold(case: Counter, seen: dict[str, Any], every: list[Sold]) -> str | None:
    ids = [str(one.seen["id"]) for one in every if one.row is not None]
    if len(set(ids)) < len(ids):
        return (
            "Two purchases were answered with the same id. Each is a sale of its own; a guest may "
            "buy twice."
        )
    for one in every:
        # Who could not be written to is judged for that.
        if not one.wish.unmailed and (problem := _why_no_row(one)):
            return problem
    due = len(case.sold_by_others(len(every))) + sum(one.row is not None for one in every)
    if len(seen["rows"]) != due:
        return f"There should be {due} sales in the table, and there are {len(seen['rows'])}."
    return None


def _why_no_row(one: Sold) -> str | None:
    if one.seen["status"] != 201:
        told = one.seen["error"].rstrip(".") or one.seen["status"]
        return f"A purchase is answered with 201; this one was answered with {told}."
    if one.seen["committed"] is False:
        return (
            "When the answer began, others did not see exactly one sale more of this guest. If it "
            "was not committed by then, whoever is told 201 may not find it, and a commit that "
            "fails comes too late: with the default scope, a dependency ends after the last byte "
            f"and the background tasks. {_afterwards(one)}"
        )
    if one.row is None:
        return (
            f"The answer's id was {one.seen['id']!r}, and no sale in the table has it. The "
            f"answer was {one.seen['text']}."
        )
    if one.row[1] != one.wish.seats or one.row[0] not in (
        one.wish.email,
        one.wish.corrected,
        one.wish.moved,
    ):
        return (
            f"{one.wish.email} bought {one.wish.seats} seats; the table says {one.row[0]}, "
            f"{one.row[1]} seats."
        )
    return None


def _afterwards(one: Sold) -> str:
    if one.row is None:
        return "Afterwards there is no sale of the answer's id."
    return f"Afterwards the sale of the answer's id says {one.row[0]}, {one.row[1]} seats."


def _why_not_after(seen: dict[str, Any], every: list[Sold]) -> str | None:
    if any(not mail["awaited"] for mail in seen["mails"]):
        return (
            "The app had returned while the mail was still on its way: nobody waits for this task, "
            "and a server that stops, or the garbage collector, may end it. `background.add_task` "
            "is part of the request."
        )
    ids = [repr(other.seen["id"]) for other in every]
    # A mail for a sale that nobody was told of is no early one.
    if any(not mail["answered"] and repr(mail["sale"]) in ids for mail in seen["mails"]):
        return (
            "A mail was under way before the last byte of the answer had gone out. Awaited in the "
            "endpoint or in a dependency, it lets the guest wait; a task of create_task begins "
            "when it likes. `background.add_task` comes after the answer."
        )
    for one in every:
        # What failed may be tried again.
        if not one.mails or (len(one.mails) > 1 and not one.wish.unmailed):
            why = f" The task raised {one.seen['error'].rstrip('.')}." if one.seen["error"] else ""
            strange = [mail for mail in seen["mails"] if repr(mail["sale"]) not in ids]
            if strange and not one.mails:
                why += f" A mail went out for the sale {strange[0]['sale']!r}, which is none."
            return f"For one sale {len(one.mails)} mails went out; one is due.{why}"
    return None


def _why_not_marked(case: Counter, seen: dict[str, Any], every: list[Sold]) -> str | None:
    for number, email, seats in case.sold_by_others(len(every)):
        if seen["rows"].get(str(number)) != [email, seats, False]:
            return (
                f"Sale {number}, which somebody else has sold, was changed as well, or is gone: a "
                "statement without its WHERE, or with another one, reaches more rows than are "
                "meant."
            )
    for one in every:
        if one.wish.unmailed:
            continue
        if one.row is None:
            return f"There is no sale {one.seen['id']!r} that could be marked."
        for number, mail in enumerate(one.mails):
            # The address is corrected once more during the first mail; a second one is told of.
            late = number and one.wish.moved
            if mail["answered"] and mail["row"] and mail["email"] != mail["row"][0] and not late:
                return _why_the_old_address(mail, one.wish)
            if mail["row"] and mail["row"][2]:
                return (
                    "A sale was marked as mailed before its mail had gone: what stops in between "
                    "leaves a guest without it, and nobody knows."
                )
        if one.row[2] is not True:
            return _why_unmarked(one)
        if not one.mails:
            return f"Sale {one.seen['id']!r} is marked as mailed, and no mail has gone."
        if one.wish.corrected and one.row[0] == one.wish.email and _was_corrected(one):
            return (
                f"The address in the table was corrected to {one.wish.corrected} before the mail, "
                "and is the old one again: something wrote old values back, as an object does that "
                "the task was given. Hand over the id, and read anew."
            )
        if any(mail.get("moved") for mail in one.mails) and one.row[0] != one.wish.moved:
            return (
                f"While the mail was on its way, the address was corrected to {one.wish.moved}; "
                f"now {one.row[0]} stands there again. Something wrote old values back, as the "
                "merge of an object does that was read before the mail: write `mailed` alone."
            )
    return None


def _was_corrected(one: Sold) -> bool:
    return any(mail["row"] and mail["row"][0] == one.wish.corrected for mail in one.mails)


def _why_the_old_address(mail: dict[str, Any], wish: Wish) -> str:
    told = f"The mail went to {mail['email']}, while {mail['row'][0]} stood in the table"
    if mail["email"] != wish.email or not wish.corrected:
        return f"{told}. It goes to the address as it stands there."
    return (
        f"{told}: the address was corrected after the sale. The mail has it from before: from an "
        "object or a text that the task was given, or read too early. Hand over the id, and read "
        "anew."
    )


def _why_unmarked(one: Sold) -> str:
    told = "The mail has gone" if one.mails else "No mail has gone"
    error = one.seen["error"]
    if "permanently closed" in error:
        return (
            f"{told}, and `mailed` is still False: a session was used that was closed by then, as "
            "the request's is before the answer, in the function's scope. An ordinary factory "
            "would open it again in silence, and nobody would give its connection back. The task "
            "needs a session of its own."
        )
    if error:
        return f"{told}, and `mailed` is still False: after the answer came {error.rstrip('.')}."
    return (
        f"{told}, and `mailed` is still False in the table. Was it written in a session that is "
        "committed?"
    )


def _why_not_unharmed(every: list[Sold]) -> str | None:
    for one in every:
        if not one.wish.unmailed:
            continue
        if one.seen["status"] != every[0].seen["status"] or not one.seen["complete"]:
            told = one.seen["error"].rstrip(".") or one.seen["status"]
            return f"A mail failed, and the purchase was answered with {told}."
        if one.row is None and not one.mails:
            return (
                "A sale that was answered is not in the table, so no mail of it could fail: what "
                "a guest is told has to be committed by then."
            )
        if one.row is None:
            return (
                "A mail failed, and its sale is gone, although the guest was told of it. Nothing "
                "that happens after the answer may undo it."
            )
        rows = [mail["row"] for mail in one.mails if mail["row"]]
        before = rows[0] if rows else [one.wish.email, one.wish.seats, False]
        if one.row != [*before[:2], False]:
            return (
                f"A mail to {one.wish.email} fails. The sale is now {_in_words(one.row)}; "
                f"{_in_words([*before[:2], False])} is due."
            )
    return None


def _in_words(row: list[Any]) -> str:
    return f"{row[0]}, {row[1]} seats, mailed {row[2]}"


def _why_too_many(seen: dict[str, Any]) -> str | None:
    if any(mail["held"] for mail in seen["mails"]):
        return (
            "While a mail was on its way, a connection was in use. The post may take seconds, and "
            "on a pool of one nobody buys meanwhile. Is a session open around the mail, or does a "
            "dependency of the default scope hold one until the background tasks are over?"
        )
    if seen["most"] > 1:
        return (
            f"One purchase had {seen['most']} connections in use at once: on a pool of one it "
            "would wait for itself."
        )
    if seen["still out"]:
        return "When all was over, a connection was still out: what took it was not closed."
    return None


ADD_PURCHASE = Exercise(
    id="ch04-ex3",
    title="A mail after the sale",
    objectives=("background",),
    answers=("Sale", "add_purchase"),
    promises={
        "sold": "each purchase is one sale, committed before it is answered with 201 and its id",
        "after": "one mail goes when the answer is out, and the server waits for it",
        "marked": "it goes to the address in the table, and then this sale is marked",
        "failed": "a mail that fails changes neither the answer nor the sale",
        "one": "a purchase never holds two connections, and none while the mail is on its way",
    },
    hints=(
        "Who commits, and when? What does the task know that is still true when it runs, and what "
        "can it ask for?",
        'A dependency with scope="function" commits before the answer. The task gets the factory '
        "and the id: a short session to read the address, the mail without any, and another short "
        "one to mark the sale.",
    ),
    draw=draw_counter,
    observe=observe_add_purchase,
    judge=judge_add_purchase,
)
