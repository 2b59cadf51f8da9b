# raise_for_status, caught

from httpx import HTTPStatusError

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    try:
        return answer.raise_for_status().json()["title"]
    except HTTPStatusError:
        return None
