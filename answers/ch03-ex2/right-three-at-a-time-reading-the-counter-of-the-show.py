# three at a time, reading the counter of the show

import asyncio

from lantern.theatre import Show


async def dashboard(Session, show_ids):
    gate = asyncio.Semaphore(3)

    async def one(show_id):
        async with gate, Session() as session:
            return (await session.get(Show, show_id)).sold

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(show_id)) for show_id in show_ids]
    return {show_id: task.result() for show_id, task in zip(show_ids, tasks)}
