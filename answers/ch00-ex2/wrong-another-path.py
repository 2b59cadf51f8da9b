# the app was asked GET /show/
# breaks: title, missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/show/{show_id}")
    return None if answer.status_code == 404 else answer.json()["title"]
