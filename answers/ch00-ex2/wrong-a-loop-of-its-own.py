# A loop runs already, here as in an endpoint
# breaks: title, missing

import asyncio

from lantern import client


async def ask(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).json()["title"]


async def title_of(app, show_id):
    return asyncio.run(ask(app, show_id))
