# Define it with `async def`
# breaks: fixed, late, never, other, house


def stored_when_it_is_said(app):
    assert any("/orders" in route.path for route in app.routes)
