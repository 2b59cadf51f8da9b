# Another clock agrees with the database's by chance alone
# breaks: told

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
    note = await session.get(Note, note_id)
    note.reads = Note.reads + 1
    await session.commit()
    return datetime.fromisoformat(await session.scalar(select(text("CURRENT_TIMESTAMP"))))
