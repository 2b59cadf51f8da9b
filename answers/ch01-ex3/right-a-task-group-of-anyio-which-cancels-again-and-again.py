# a task group of AnyIO, which cancels again and again

import anyio


async def first_offer(suppliers, deadline):
    offers = []
    async with anyio.create_task_group() as group:

        async def ask(supplier):
            offers.append(await supplier())
            group.cancel_scope.cancel()

        group.cancel_scope.deadline = anyio.current_time() + deadline
        for supplier in suppliers:
            group.start_soon(ask, supplier)
    return offers[0] if offers else None
