# title_of returned 'Not Found'. Look at the status
# breaks: missing

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        try:
            return (await http.get(f"/shows/{show_id}")).json()["title"]
        except Exception:
            return None
