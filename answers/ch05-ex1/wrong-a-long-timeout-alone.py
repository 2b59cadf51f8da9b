# an update was lost. A longer timeout changes nothing in that
# breaks: keys, wal, undone, writers

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def lantern_engine(path: Path, **options: Any) -> AsyncEngine:
    url = f"sqlite+aiosqlite:///{path}?timeout=30"
    return create_async_engine(url, **options)
