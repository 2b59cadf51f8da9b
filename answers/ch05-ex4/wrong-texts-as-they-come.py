# On PostgreSQL the column would be VARCHAR
# breaks: order, native

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator):
    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment needs an offset")
        return value.isoformat()

    def process_result_value(self, value, dialect):
        return value and datetime.fromisoformat(value)
