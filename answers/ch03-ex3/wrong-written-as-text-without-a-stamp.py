# this UPDATE was not dated
# breaks: stamped
# never told: wrote a time of its own
# never told: no longer dates

from datetime import datetime

from sqlalchemy import func, select, text
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
    change = text("update notes set reads = reads + 1 where id = :id")
    await session.execute(change, {"id": note_id})
    await session.commit()
    return await session.scalar(select(Note.updated).where(Note.id == note_id))
