# add() only queues
# breaks: queued


states = "persistent persistent transient detached persistent deleted detached".split()
