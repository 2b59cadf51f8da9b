# an update was lost
# breaks: keys, wal, undone, writers

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def lantern_engine(path: Path, **options: Any) -> AsyncEngine:
    return create_async_engine(f"sqlite+aiosqlite:///{path}", **options)
