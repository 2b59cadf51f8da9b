# add() only queues


states = "persistent persistent transient detached persistent deleted detached".split()
