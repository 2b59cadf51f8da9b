"""A copy of a database, as each test may have one."""

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from lantern.theatre import Show, make_engine
from tools.lies.asking import difference, on_postgresql, over_one_driver, told


@difference
@over_one_driver
async def a_copy_of_the_database(engine: AsyncEngine) -> str:
    """A database is copied while somebody is connected to it, and when nobody else is."""
    async with AsyncSession(engine) as reader:
        await reader.get_one(Show, 1)
        beside = await told(_copy(engine))
    await engine.dispose()
    alone = await told(_copy(engine))
    ends = f"beside another connection it {beside}; without, it {alone}"
    return ends.replace(str(engine.url.database), "theatre")  # each run has a name of its own


async def _copy(engine: AsyncEngine) -> None:
    """Copy the database, look into the copy, and throw it away."""
    with TemporaryDirectory() as folder:
        name = str(Path(folder, "copy.db"))
        if not on_postgresql(engine):
            with closing(sqlite3.connect(str(engine.url.database))) as source:
                source.execute("VACUUM INTO ?", (name,))
            await _look_into(engine.url.set(database=name))
            return
    name = f"{engine.url.database}_copy"
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {engine.url.database}"))
        await _look_into(engine.url.set(database=name))
        await connection.execute(text(f"DROP DATABASE {name}"))


async def _look_into(url: URL) -> None:
    copy = make_engine(url)
    async with AsyncSession(copy) as session:
        await session.get_one(Show, 1)
    await copy.dispose()
