# tried to end Python
# breaks: versions, missing, async

import sys


def doctor():
    sys.exit(1)
