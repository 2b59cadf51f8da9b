# The app was never asked for GET /shows/
# breaks: title, missing


async def title_of(app, show_id):
    return "The Tempest"
