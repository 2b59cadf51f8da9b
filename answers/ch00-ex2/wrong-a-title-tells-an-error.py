# is 'Not Found'; title_of returned None
# breaks: title

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    title = answer.json()["title"]
    return None if title == "Not Found" else title
