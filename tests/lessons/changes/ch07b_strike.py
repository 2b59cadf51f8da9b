"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

LOOK = "shutil.copy(template.url.database, copy)"
SOURCE = """with closing(sqlite3.connect(template.url.database)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
"""
BEGIN = """async with empty.connect() as connection:
        outer = await connection.begin()
        try:
            yield async_sessionmaker(
                connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
        finally:
            await outer.rollback()
"""
BLOCK = """async with empty.begin() as connection:
        yield async_sessionmaker(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
"""

CHANGES = {
    "ch07b-15": Change(
        edits={"ch07b-14": {BEGIN: BLOCK}},
        expects={"The last test is red": "['green', 'green', 'red']"},
        put_back=True,
    ),
    "ch07b-31": Change(
        edits={"ch07b-28": {SOURCE: f"import shutil\n\n        {LOOK}\n"}},
        expects={"`no such table: orders`": "no such table: orders"},
        put_back=True,
    ),
}
