# a class of its own, called once for each attempt

import asyncio
import contextlib
import random


class Attempt:
    def __init__(self, attempts, sleep):
        self.left, self.number, self.sleep = attempts, 0, sleep
        self.is_open, self.succeeded = True, False

    @contextlib.asynccontextmanager
    async def catching(self, not_now):
        self.number += 1
        try:
            yield
            self.succeeded = True
        except Exception as error:
            if self.number == self.left or not not_now(error):
                raise

    async def pause(self):
        await self.sleep(random.random() * 0.01 * 3**self.number)


async def retrying(Session, work, then, *, attempts, not_now, sleep=asyncio.sleep):
    attempt = Attempt(attempts, sleep)
    while attempt.is_open:
        async with attempt.catching(not_now), Session.begin() as session:
            result = await work(session)
        if attempt.succeeded:
            break
        await attempt.pause()
    await then(result)
    return result
