# an UPDATE written as text, with its date, in capitals and quotes
# on PostgreSQL: it holds as well

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
    change = (
        'UPDATE "notes" SET "reads" = "reads" + 1, "updated" = CURRENT_TIMESTAMP WHERE "id" = :id'
    )
    await session.execute(text(change), {"id": note_id})
    await session.commit()
    return await session.scalar(select(Note.updated).where(Note.id == note_id))
