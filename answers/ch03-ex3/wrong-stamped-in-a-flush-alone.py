# update(Note): no new moment of the database's clock
# breaks: stamped

from datetime import datetime

from sqlalchemy import event, func
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


@event.listens_for(Note, "before_update")
def stamp(mapper, connection, note):
    note.updated = func.now()


async def touch(session, note_id):
    note = await session.get(Note, note_id)
    note.reads = Note.reads + 1
    await session.flush()
    await session.refresh(note, ["updated"])
    await session.commit()
    return note.updated
