# a class with the two methods of a context manager

from sqlalchemy.ext.asyncio import AsyncSession


class Rehearsal:
    def __init__(self, engine):
        self.engine = engine

    async def __aenter__(self):
        self.connection = await self.engine.connect()
        self.transaction = await self.connection.begin()
        return self.new_session

    def new_session(self):
        return AsyncSession(
            self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    async def __aexit__(self, *error):
        try:
            await self.transaction.rollback()
        finally:
            await self.connection.close()


def session_factory(engine):
    return Rehearsal(engine)
