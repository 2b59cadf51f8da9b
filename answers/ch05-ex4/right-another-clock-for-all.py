# one offset for all, which is not that of UTC

from datetime import timedelta, timezone

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator

LANTERN = timezone(timedelta(hours=1))


class UTCDateTime(TypeDecorator):
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        return value.astimezone(LANTERN)

    def process_result_value(self, value, dialect):
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=LANTERN)
