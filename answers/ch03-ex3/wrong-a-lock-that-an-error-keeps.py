# Another touch had met an error of the database before. touch had not returned
# breaks: counted

import asyncio
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


lock = asyncio.Lock()


async def touch(session, note_id):
    await lock.acquire()
    count = update(Note).where(Note.id == note_id).values(reads=Note.reads + 1)
    updated = (await session.scalars(count.returning(Note.updated))).one()
    await session.commit()
    lock.release()
    return updated
