# `tests` is a function
# breaks: right, late, oversold, halves, swallowed, twice, leak


async def tests(app):
    assert app
