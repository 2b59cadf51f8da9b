# the rollback took the INSERT back
# breaks: undone


states = "pending persistent persistent detached persistent deleted detached".split()
