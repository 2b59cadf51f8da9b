"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

CHANGES = {
    "ch09a-17": Change(
        edits={"ch09a-15": {'{"who": 5}': '{"who": "5"}'}},
        expects={"All three give `[]`": "SQLite: [] asyncpg: [] psycopg: []"},
    ),
}
