# nothing to insert


states = "pending persistent transient detached pending deleted detached".split()
