# Calling http.get gives a coroutine
# breaks: title, missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        return http.get(f"/shows/{show_id}").json()["title"]
