# still returned
# breaks: title

from lantern import client

seen = {}


async def title_of(app, show_id):
    if show_id not in seen:
        async with client(app) as http:
            answer = await http.get(f"/shows/{show_id}")
        seen[show_id] = answer.json()["title"] if answer.is_success else None
    return seen[show_id]
