# a trigger dates
# on PostgreSQL: syntax error at or near "BEGIN"

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Papers(AsyncAttrs, DeclarativeBase):
    pass


class Note(Papers):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    reads: Mapped[int] = mapped_column(default=0)
    updated: Mapped[datetime] = mapped_column(server_default=func.now())


from sqlalchemy import DDL, event

event.listen(
    Note.__table__,
    "after_create",
    DDL(
        "CREATE TRIGGER stamp AFTER UPDATE ON notes BEGIN "
        "UPDATE notes SET updated = CURRENT_TIMESTAMP WHERE id = new.id; END"
    ),
)


async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads = Note.reads + 1
    await session.commit()
    await session.refresh(note)
    return note.updated
