# also changed note
# breaks: counted
# never told: Nothing was committed

from datetime import datetime

from sqlalchemy import func, select, update
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
    change = update(Note).values(reads=Note.reads + 1)
    updated = (await session.scalars(change.returning(Note.updated))).all()
    await session.commit()
    return await session.scalar(select(Note.updated).where(Note.id == note_id))
