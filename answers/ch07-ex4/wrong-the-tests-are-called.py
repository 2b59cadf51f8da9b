# without a call
# breaks: right, late, oversold, halves, swallowed, twice, leak


def a_test(app):
    return app


tests = [a_test("the app")]
