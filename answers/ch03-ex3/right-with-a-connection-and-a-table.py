# Core on the session's connection, with the table

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
    updated: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


async def touch(session, note_id):
    connection = await session.connection()
    notes = Note.__table__
    change = notes.update().where(notes.c.id == note_id).values(reads=notes.c.reads + 1)
    (updated,) = (await connection.execute(change.returning(notes.c.updated))).one()
    await session.commit()
    return updated
