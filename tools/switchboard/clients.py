"""Clients of a server that is full, and of PgBouncer; `python -m tools.switchboard.clients`."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from lantern import first_line

OWN_NAMES = "own names"  # a function cannot be told in JSON
SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "asyncpg": (
        {},
        {"statement_cache_size": 0},
        {"prepared_statement_cache_size": 0},
        {"statement_cache_size": 0, "prepared_statement_cache_size": 0},
        {"prepared_statement_name_func": OWN_NAMES},
        {"prepared_statement_cache_size": 0, "prepared_statement_name_func": OWN_NAMES},
    ),
    "psycopg": ({}, {"prepare_threshold": None}),
}
OFTEN = 7  # psycopg prepares what it sends for the sixth time


async def fill(server: URL) -> dict[str, dict[str, str]]:
    """Return what each driver is told by a server that is full but for its reserve, and full."""
    told: dict[str, dict[str, str]] = {}
    for driver in SETTINGS:
        engines = {
            role: create_async_engine(
                server.set(drivername=f"postgresql+{driver}", username=role), poolclass=NullPool
            )
            for role in ("seller", "postgres")
        }
        taken, said = [], {}
        for role, state in (("seller", "but for its reserve"), ("postgres", "full")):
            try:
                while True:
                    taken.append(await engines[role].connect())
            except SQLAlchemyError as error:
                said[state] = _in_words(error)
        for connection in taken:
            await connection.close()
        told[driver] = said
        await _until_alone(engines["postgres"])
    return told


async def _until_alone(engine: AsyncEngine) -> None:
    """Wait until the server has got rid of all others: ends of connections take a moment."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    while True:
        with contextlib.suppress(SQLAlchemyError):  # it may be full still
            async with engine.connect() as connection:
                if await connection.scalar(text(others)) == 1:
                    return


def each_setting(through: URL) -> dict[str, list[dict[str, Any]]]:
    """Return, for each driver and setting, what becomes of one process, and of a second one."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for driver, settings in SETTINGS.items():
        url = through.set(drivername=f"postgresql+{driver}").render_as_string()
        for given in settings:
            command = [sys.executable, "-m", "tools.switchboard.clients", url, json.dumps(given)]
            said = [
                subprocess.run(
                    [*command, who], check=True, capture_output=True, text=True
                ).stdout.strip()
                for who in ("Mara", "Okoro")
            ]
            seen.setdefault(driver, []).append({"settings": given, "said": said})
            _forget(through)
    return seen


def _forget(through: URL) -> None:
    """Take from both backends what was prepared on them, so that each setting begins anew."""

    async def deallocate() -> None:
        engine = create_async_engine(
            through.set(drivername="postgresql+psycopg"), connect_args={"prepare_threshold": None}
        )
        async with engine.connect() as first, engine.connect() as second:
            for connection in (first, second):
                await connection.execute(text("DEALLOCATE ALL"))
        await engine.dispose()

    asyncio.run(deallocate())


async def on_another_backend(engine: AsyncEngine, who: str) -> str:
    """Ask the same on one backend and, while somebody has that one, on another."""
    mine, others = text(f"SELECT pg_backend_pid(), '{who}'"), text("SELECT pg_backend_pid()")
    async with engine.connect() as first, engine.connect() as second:
        for _ in range(OFTEN):
            here = (await first.execute(mine)).one()
            await first.commit()
        taken = await second.scalar(others)
        there = (await first.execute(mine)).one()
        await first.commit()
        await second.commit()
    if here[0] != taken or here[0] == there[0]:
        return "met no other backend"
    told = {here[1], there[1]}
    return "goes well" if told == {who} else f"{who} is told {' and '.join(sorted(told))}"


async def _main(url: str, given: dict[str, Any], who: str) -> str:
    if "prepared_statement_name_func" in given:
        given |= {"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"}
    engine = create_async_engine(make_url(url), connect_args=given)
    try:
        return await on_another_backend(engine, who)
    except SQLAlchemyError as error:
        return _in_words(error)


def _in_words(error: SQLAlchemyError) -> str:
    """Return an error's line without what differs in each run: a folder, a name by chance."""
    said = re.sub(r'"[^"]*(/\.s\.PGSQL\.\d+)"', r'"/run/postgresql\1"', first_line(error))
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", said)


if __name__ == "__main__":
    print(asyncio.run(_main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3])))
