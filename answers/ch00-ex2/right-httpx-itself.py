# httpx itself

import httpx


async def title_of(app, show_id):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://any") as http:
        answer = await http.get(f"/shows/{show_id}")
    return None if answer.is_error else answer.json().get("title")
