# a lock of the database comes first, then a plain +=
# on PostgreSQL: syntax error at or near "IMMEDIATE"

from datetime import datetime

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Papers(AsyncAttrs, DeclarativeBase):
    pass


class Note(Papers):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    reads: Mapped[int] = mapped_column(default=0)
    updated: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


async def touch(session, note_id):
    await session.execute(text("BEGIN IMMEDIATE"))
    note = await session.get(Note, note_id)
    note.reads += 1
    await session.commit()
    await session.refresh(note, ["updated"])
    return note.updated
