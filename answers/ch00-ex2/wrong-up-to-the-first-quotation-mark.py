# title_of returned 'What,
# breaks: title

import re

from lantern import client


async def title_of(app, show_id):
    async with client(app) as http:
        answer = await http.get(f"/shows/{show_id}")
    return re.search('"title":"([^"]*)"', answer.text)[1] if answer.is_success else None
