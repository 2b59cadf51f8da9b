# Look at the status, and return None
# breaks: missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).json()["title"]
