# failed for an app that commits in a dependency of function scope
# breaks: fixed

from lantern import client, lifespan


async def stored_when_it_is_said(app):
    async with lifespan(app), client(app) as http:
        answer = await http.post("/orders/mine")
    assert answer.status_code == 200
