# raised its reads by 2 where 1 is due
# breaks: counted

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
    updated: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


async def touch(session, note_id):
    count = update(Note).where(Note.id == note_id).values(reads=func.max(Note.reads, 1) + 1)
    updated = (await session.scalars(count.returning(Note.updated))).one()
    await session.commit()
    return updated
