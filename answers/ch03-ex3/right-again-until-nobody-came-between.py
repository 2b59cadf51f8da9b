# only where the number is still what was read, else again

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
    while True:
        note = await session.get(Note, note_id, populate_existing=True)
        mine = update(Note).where(Note.id == note_id, Note.reads == note.reads)
        change = mine.values(reads=note.reads + 1).execution_options(synchronize_session=False)
        changed = await session.execute(change)
        await session.commit()
        if changed.rowcount:
            await session.refresh(note)
            return note.updated
