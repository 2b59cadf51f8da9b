# No app was asked for a seat
# breaks: right, late, oversold, halves, swallowed, twice, leak


import inspect


async def it_looks_good(app):
    source = "".join(inspect.getsource(route.endpoint) for route in app.routes[-1:])
    assert "THEATRE" not in source and "keep" not in source


tests = [it_looks_good]
