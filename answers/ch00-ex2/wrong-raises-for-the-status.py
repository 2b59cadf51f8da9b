# and the app said so with status 404. Then title_of raised HTTPStatusError
# breaks: missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    answer.raise_for_status()
    return answer.json()["title"]
