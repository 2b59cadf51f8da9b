# a state that does not exist


states = "new persistent transient detached persistent deleted detached".split()
