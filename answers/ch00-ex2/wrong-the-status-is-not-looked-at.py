# Look at the status before you read the body
# breaks: missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).json()["title"]
