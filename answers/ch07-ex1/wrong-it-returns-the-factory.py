# returned async_sessionmaker
# breaks: seen, kept, undone, own, clean, back, told

from sqlalchemy.ext.asyncio import async_sessionmaker


def session_factory(engine):
    return async_sessionmaker(engine, expire_on_commit=False)
