# exactly these keys


def doctor():
    return "all is well"
