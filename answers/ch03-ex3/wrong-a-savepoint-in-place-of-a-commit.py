# touch ended without a COMMIT
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
    async with session.begin_nested():
        count = update(Note).where(Note.id == note_id).values(reads=Note.reads + 1)
        return (await session.scalars(count.returning(Note.updated))).one()
