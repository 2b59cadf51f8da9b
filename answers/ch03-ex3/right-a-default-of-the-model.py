# the default is the model's, by the clock of the database

from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Papers(AsyncAttrs, DeclarativeBase):
    pass


class Note(Papers):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    reads: Mapped[int] = mapped_column(default=0)
    updated: Mapped[datetime] = mapped_column(default=func.now(), onupdate=func.now())


async def touch(session, note_id):
    change = update(Note).where(Note.id == note_id).values(reads=Note.reads + 1)
    updated = await session.scalar(change.returning(Note.updated))
    await session.commit()
    return updated
