# which is the earlier moment
# breaks: order
# on PostgreSQL: nothing of this is seen

from datetime import UTC, datetime

from sqlalchemy import DateTime, String
from sqlalchemy.types import TypeDecorator


def _read(text):
    year, rest = text.split("-", 1)
    return datetime.fromisoformat(f"{year:0>4}-{rest}")


class UTCDateTime(TypeDecorator):
    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        value = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return value
        return f"{value.year}{value:-%m-%d %H:%M:%S.%f}+00:00"

    def process_result_value(self, value, dialect):
        return _read(value) if isinstance(value, str) else value
