# `never` failed for a right app
# breaks: right


async def never(app):
    raise AssertionError("no app is good enough")


tests = [never]
