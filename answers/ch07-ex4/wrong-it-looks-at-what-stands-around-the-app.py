# `it_looks_around` failed for a right app
# breaks: right


async def it_looks_around(app):
    around = repr(app.user_middleware) + repr([vars(one) for one in app.user_middleware])
    assert "'right'" in around


tests = [it_looks_around]
