# tried to end Python

import sys


def doctor():
    sys.exit(1)
