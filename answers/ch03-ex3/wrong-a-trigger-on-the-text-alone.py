# update(Note.__table__): no new moment
# breaks: stamped

from datetime import datetime

from sqlalchemy import DDL, event, func, update
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


event.listen(
    Note.__table__,
    "after_create",
    DDL(
        "CREATE TRIGGER stamp AFTER UPDATE OF text ON notes BEGIN "
        "UPDATE notes SET updated = CURRENT_TIMESTAMP WHERE id = new.id; END"
    ),
)


async def touch(session, note_id):
    change = update(Note).where(Note.id == note_id)
    change = change.values(reads=Note.reads + 1, updated=func.now())
    updated = await session.scalar(change.returning(Note.updated))
    await session.commit()
    return updated
