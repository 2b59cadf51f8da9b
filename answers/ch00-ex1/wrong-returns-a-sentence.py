# exactly these keys
# breaks: versions, missing, async


def doctor():
    return "all is well"
