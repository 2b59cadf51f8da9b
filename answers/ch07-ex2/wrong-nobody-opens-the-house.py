# No app was opened
# breaks: fixed, late, never, other, house

from lantern import client


async def stored_when_it_is_said(app):
    async with client(app) as http:
        answer = await http.post("/orders/mine")
    assert answer.status_code == 201
