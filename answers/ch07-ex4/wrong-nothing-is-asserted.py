# passed for all 15 apps
# breaks: right, late, oversold, halves, swallowed, twice, leak
# the rest is the course's own


async def it_answers(app):
    await ask(app, "mara")
    await ask(app, "mara")


tests = [it_answers]
