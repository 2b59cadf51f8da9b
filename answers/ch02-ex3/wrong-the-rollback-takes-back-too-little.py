# the rollback took the INSERT back


states = "pending persistent persistent detached persistent deleted detached".split()
