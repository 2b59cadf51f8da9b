# '; title_of returned '
# breaks: title

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    return answer.json()["title"].upper() if answer.is_success else None
