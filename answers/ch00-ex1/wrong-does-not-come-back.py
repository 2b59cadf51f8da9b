# without a single await
# breaks: versions, missing, async


def doctor():
    while True:
        pass
