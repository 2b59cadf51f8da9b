# without a single await


def doctor():
    while True:
        pass
