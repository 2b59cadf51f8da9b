# nobody refreshes it now


states = "pending persistent transient persistent persistent deleted detached".split()
