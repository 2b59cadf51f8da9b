# an object, whose type on PostgreSQL is a plain variant
# on PostgreSQL: has no offset, and a row was stored for it

from datetime import UTC

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator


class InUTC(TypeDecorator):
    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value, dialect):
        return value and value.replace(tzinfo=UTC)


UTCDateTime = InUTC().with_variant(DateTime(timezone=True), "postgresql")
