# A table with a column of type UTCDateTime raised
# breaks: moment, refused, order, none, native, cached

from datetime import UTC

from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator):
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        return value.astimezone(UTC)

    def process_result_value(self, value, dialect):
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)
