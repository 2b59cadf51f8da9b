# came back, without an offset
# breaks: moment
# never told: hours away
# on PostgreSQL: nothing of this is seen

from datetime import UTC

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator):
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        return value.astimezone(UTC)
