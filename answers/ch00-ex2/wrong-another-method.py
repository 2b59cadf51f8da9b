# the app was asked POST /shows/
# breaks: title, missing
# never told: KeyError: 'title'. Look

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.post(f"/shows/{show_id}")
    return None if answer.status_code == 404 else answer.json()["title"]
