# Define it with `async def`
# breaks: title, missing


def title_of(app, show_id):
    return "The Tempest"
