# what became of its microseconds?
# breaks: moment
# the rest is the course's own

from sqlalchemy import BigInteger


class UTCDateTime(UTCDateTime):
    cache_ok = True

    def load_dialect_impl(self, dialect):
        native = dialect.name == "postgresql"
        return dialect.type_descriptor(DateTime(timezone=True) if native else BigInteger())

    def process_bind_param(self, value, dialect):
        value = super().process_bind_param(value, dialect)
        if value is None or dialect.name == "postgresql":
            return value
        return int(value.timestamp() * 1_000_000)

    def process_result_value(self, value, dialect):
        if value is None or dialect.name == "postgresql":
            return value
        return datetime.fromtimestamp(value / 1_000_000, UTC)
