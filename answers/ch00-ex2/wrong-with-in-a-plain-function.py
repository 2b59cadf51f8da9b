# Use `async with`, in an `async def`
# breaks: title, missing

from lantern import client


def title_of(app, show_id):
    with client(app) as http:
        return http.get(f"/shows/{show_id}").json()["title"]
