"""The eight logs of ch05-ex2: their causes and cures, and what in each speaks against others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# What each cause would show.
CAUSES = {
    "threads": "Then threads and connections would run out together",
    "stream": "Then an answer would still be going out while connections run out",
    "unclosed": "Then connections in use would grow from request to request, also when few come",
    "caught": "Then a statement would have failed before the end of its block, and nothing of the "
    "block be stored",
    "late": "Then the answer would be out before the transaction has ended",
    "uncommitted": "Then changes would be sent to the database, and ROLLBACK be the last of them",
    "unfinished": "Then a COMMIT would have failed, and a later request have stored what it left",
    "lazy": "Then a relationship would be read that no query has loaded",
    "computed": "Then a value of a row would be missing that an UPDATE changed in the database",
    "expired": "Then every attribute, the id as well, would ask again after a commit",
    "in-place": "Then a value would be changed in memory, and no UPDATE be sent",
    "stale": "Then an old value would be read, while the row has had the new one for some time",
    "savepoint": "Then a savepoint would be open while the driver has not begun a transaction",
    "inner-commit": "Then a COMMIT would be sent in the middle of a block, before its end",
    "frozen": "Then nothing else could run on the loop for a while",
    "two-loops": "Then somebody would wait beside a free connection, or hear of another loop",
    "naive": "Then two times would not compare, or differ by a whole number of hours",
}
# What each cure does.
CURES = {
    "bigger-pool": "Some more connections, or a longer wait for one, put a limit further away",
    "limit": "`max_concurrency` lets fewer requests into a dependency at once",
    "function-scope": 'scope="function" ends a dependency before the answer goes out',
    "close": "`async with` gives a connection back when its block ends",
    "nested": "`begin_nested()` keeps what came before a statement that fails",
    "begin": "`begin()` rolls back whatever fails up to its end, COMMIT included",
    "commit": "A commit in the endpoint stores what has been flushed, before the answer",
    "longer-timeout": "A longer timeout waits longer for a lock",
    "real-begin": "A BEGIN of SQLAlchemy's own opens the transaction before anything else",
    "eager-load": "`selectinload` loads a relationship with the query",
    "no-expiry": "`expire_on_commit=False` keeps at a commit what was loaded",
    "ask": "`refresh` and `eager_defaults` fetch what the database has computed",
    "mutable": "A value that tells of its changes, or a new one, makes the object dirty",
    "populate": "`populate_existing` writes what a query found over what is known",
    "to-thread": "`asyncio.to_thread` lets the loop go on while a function runs",
    "own-session": "A session of its own for each task keeps tasks out of each other's way",
    "dispose": "`dispose` closes an engine's connections before its loop ends",
}


@dataclass(frozen=True)
class Log:
    """One log: its cause and the cures that hold, and what in it speaks against others.

    `shows` speaks against any cause without a sentence of its own, `asks` against such a cure.
    """

    promise: str
    cause: str
    cures: tuple[str, ...]
    shows: str
    asks: str
    against: Mapping[str, str] = field(default_factory=dict)
    not_cured: Mapping[str, str] = field(default_factory=dict)


LOGS = (
    Log(
        "queue",
        "threads",
        ("limit",),
        "it is a wait for a connection that ended, with as many threads taken as there are",
        "the connections that are out belong to requests that need one thing more before they can "
        "give theirs back: what would let them have it?",
        {
            "stream": "All five have a short answer, which is not going out yet. They hold a "
            "connection and wait: who needs a second thread?",
            "unclosed": "Some of the 60 were answered, with a pool of five: connections do come "
            "back. All 40 threads are in use as well: who needs a second one?",
            "frozen": "The loop goes on: it is the one that counted threads and connections "
            "meanwhile. Who of those that hold a connection needs a second thread?",
            "late": "Nothing is written. When the endpoint has returned, its answer is validated "
            "by the response_model: who needs a second thread?",
        },
        {
            "bigger-pool": "With 20 connections 20 requests hold one and wait, and the threads "
            "wait for the pool as before. With 40 it takes a crowd of 80, 40 to hold one and 40 "
            "to wait; is there a cure that needs no more than the five?",
            "function-scope": "The answer is validated before a dependency of either scope ends, "
            "so the connection is still out while it waits.",
            "close": "The dependency does close it, at its end; the wait is before that.",
            "own-session": "Each request has one, and that is one connection each.",
            "to-thread": "Threads are what there is too little of already.",
        },
    ),
    Log(
        "unstored",
        "caught",
        ("nested",),
        "two INSERTs were sent, one after the other, then ROLLBACK, and the client heard of no "
        "error",
        "one row may fail, and what was flushed before it should stay: what undoes that row alone?",
        {
            "uncommitted": "It does end like a forgotten commit. But look at the addresses: can "
            "the second INSERT have gone well, if okoro@lantern.example is a guest already?",
            "late": "The log does not say when the answer went out, but ROLLBACK came without any "
            "error that a later COMMIT would have raised. Did both INSERTs go well?",
            "unfinished": "No COMMIT was sent, so none can have failed. Did both INSERTs go well?",
            "inner-commit": "No COMMIT was sent at all. Did both INSERTs go well?",
            "savepoint": "No SAVEPOINT was sent. And here everything is undone; there too much "
            "stays.",
            "in-place": "The changes were sent: two INSERTs. Did both go well?",
        },
        {
            "commit": "After a flush that failed, `commit()` raises PendingRollbackError; and the "
            "order before it is gone already.",
            "begin": "The block is a `begin()`, and it rolled back: its transaction was lost "
            "before its end.",
            "close": "The session was closed. What it had flushed was gone by then.",
            "own-session": "One request, one task, one session: nobody else is in its way.",
        },
    ),
    Log(
        "stranger",
        "unfinished",
        ("begin",),
        "guest 4 was told 500, and the order is in the table all the same, once guest 2 has bought",
        "the session's end should undo whatever was not stored, and undo it before its connection "
        "goes to the next request: which form of the transaction does that?",
        {
            "late": "Guest 4 was told of the error, so the answer waited for the COMMIT. How did "
            "guest 4's row get through, and who stored it?",
            "caught": "There, nothing of a block is stored; here something is that should not be. "
            "Which statement met the lock, and what became of its connection?",
            "uncommitted": "Both orders are in the table. Who stored guest 4's, after the error?",
            "inner-commit": "A COMMIT that went through would have been no 500. Who stored guest "
            "4's order, and when?",
            "savepoint": "The error is a lock, which no savepoint raises. Who stored guest 4's "
            "order, and when?",
            "stale": "The table itself has the row too many, not an object. Who stored it?",
        },
        {
            "longer-timeout": "It makes the lock rarer. The next time it comes, guest 2 stores "
            "guest 4's order again.",
            "close": "The session was closed, with `async with`: that is when its connection went "
            "back to the pool as it was.",
            "commit": "There was one, and it failed; the question is what happens then.",
            "real-begin": "Then the next request fails instead, with a transaction within a "
            "transaction: the first one is still open.",
            "bigger-pool": "The connection is still out there with guest 4's order, for whoever "
            "gets it.",
            "own-session": "Both had one. What they shared, one after the other, is a connection.",
        },
    ),
    Log(
        "attribute",
        "computed",
        ("ask",),
        "the POST is answered, the PATCH is not, and of two attributes one can be read",
        "the row has a value that the session has never seen: what fetches it, before anybody "
        "reads it without an await?",
        {
            "expired": "`note.text` was read after the same commit, and the factory says "
            "expire_on_commit=False. What is different about `changed`?",
            "lazy": "A note has no relationship, and `changed` could be read after the POST. What "
            "does an UPDATE do to it?",
            "stale": "Nothing old is read; nothing is there to be read. What does an UPDATE do to "
            "`changed`?",
            "two-loops": "The message is about greenlets and speaks of no loop. What does an "
            "UPDATE do to `changed`?",
            "naive": "No two times were compared. Why can `text` be read, and `changed` not?",
        },
        {
            "no-expiry": "The factory has it: it keeps what is known at a commit, and does not "
            "fetch what is not.",
            "eager-load": "That loads relationships, and this is a column of the row.",
            "commit": "It was committed, and then the attribute was read.",
            "populate": "That is for a query, and decides whose value counts; here no query comes.",
            "to-thread": "A read in another thread has no greenlet to wait in either.",
        },
    ),
    Log(
        "settings",
        "in-place",
        ("mutable",),
        "a SELECT and a COMMIT were sent, and nothing between them",
        "the session sends what it knows to be changed: how would it get to know of this change?",
        {
            "uncommitted": "COMMIT was sent. What is missing comes before it.",
            "stale": "The second answer is from a new session, and agrees with the table. What did "
            "the first session send?",
            "late": "COMMIT was sent, and without an error. What is missing comes before it.",
            "caught": "Where a flush fails, there was an INSERT or an UPDATE. Was there one?",
            "expired": "Nothing was missing, and no error was raised. What did the session send?",
            "computed": "The database computes nothing here. What did the session send?",
        },
        {
            "commit": "It was committed. There was nothing to store.",
            "ask": "A refresh would show the old value earlier, and store no more.",
            "populate": "That would show the old value again; nothing was sent that changed it.",
            "no-expiry": "That keeps the changed value in memory; the row stays as it was.",
            "begin": "Its end is a COMMIT too, with as little before it.",
        },
    ),
    Log(
        "guest",
        "savepoint",
        ("real-begin",),
        "the same ROLLBACK undoes the INSERT in the second program and does not in the first",
        "in the second program something is open that the first one lacks when its savepoint "
        "comes: who could open it?",
        {
            "inner-commit": "No COMMIT was sent, in either program, and in the second one the same "
            "rows are gone. What does the first INSERT of the second program open?",
            "caught": "There, less is stored than was meant; here more is. What does the first "
            "INSERT of the second program open?",
            "unfinished": "No COMMIT failed: none was sent. What does the first INSERT of the "
            "second program open?",
            "uncommitted": "Nobody commits, indeed, and yet a row stays. What does the first "
            "INSERT of the second program open?",
            "stale": "The rows were counted on another connection, without any object.",
        },
        {
            "nested": "That is what this program uses: its savepoint is what stays.",
            "begin": "The end of the transaction is not in question: ROLLBACK was sent, and found "
            "nothing to undo.",
            "commit": "The batch failed and is to leave nothing.",
            "longer-timeout": "Nobody waits for a lock.",
        },
    ),
    Log(
        "heartbeat",
        "frozen",
        ("to-thread",),
        "one connection of fifteen was in use, one SELECT was sent, and the loop stood still",
        "the loop has to go on while a function works: where can the function work instead?",
        {
            "threads": "Neither threads nor connections are short: one of fifteen is in use. Who "
            "was it that stood still?",
            "stream": "One connection of fifteen is in use, and the answer is complete. Who was it "
            "that stood still?",
            "unclosed": "One connection of fifteen is in use. Who was it that stood still?",
            "two-loops": "With aiosqlite a second loop shows when somebody waits for a connection, "
            "and fourteen are free. Why would the one loop stand still?",
            "lazy": "One SELECT was sent, and nothing was raised. What did the report do after it, "
            "and on which thread?",
        },
        {
            "bigger-pool": "Fourteen of fifteen connections are free.",
            "limit": "One request alone has this effect.",
            "function-scope": "The loop stands still before the answer, in either scope.",
            "own-session": "The report has one, alone.",
            "eager-load": "One SELECT was sent; it is not the database that takes long.",
            "close": "It is given back at the end. What happens before?",
        },
    ),
    Log(
        "created",
        "late",
        ("function-scope", "commit"),
        "the last byte is the second line, and the INSERT the third",
        "the guest should hear 201 when the seat is held, and not before: what has to come first?",
        {
            "caught": "Nobody caught the error: it is in the log. Compare its place with that of "
            "the answer.",
            "uncommitted": "An INSERT was sent, so a flush came, as a commit begins with one. "
            "Compare its place with that of the answer.",
            "unfinished": "The INSERT failed, and ROLLBACK followed: nothing is left open. Compare "
            "its place with that of the answer.",
            "stream": "The answer ends in the second line, and no connection is short. What comes "
            "after it?",
            "inner-commit": "Nothing of this request was stored. What comes after its answer?",
            "savepoint": "No SAVEPOINT was sent. What comes after the answer?",
        },
        {
            "nested": "The INSERT would still be sent after the answer, and fail there.",
            "begin": "The dependency has it, and it rolled back, as it should; it did so too late "
            "for the guest.",
            "close": "The session was closed; before that, it had something left to send.",
            "longer-timeout": "No lock was waited for: seat 7 is taken.",
            "own-session": "One request, one session.",
            "ask": "Nothing is read here that the database computed.",
        },
    ),
)
