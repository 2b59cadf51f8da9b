# is ''; title_of returned None
# breaks: title

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    return answer.json()["title"] or None if answer.is_success else None
