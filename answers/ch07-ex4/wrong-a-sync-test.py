# Define it with `async def`
# breaks: right, late, oversold, halves, swallowed, twice, leak


def there_is_a_route(app):
    return len(app.routes)


tests = [there_is_a_route]
