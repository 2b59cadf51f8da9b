# ; title_of returned '{"id"
# breaks: title, missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        return (await http.get(f"/shows/{show_id}")).text
