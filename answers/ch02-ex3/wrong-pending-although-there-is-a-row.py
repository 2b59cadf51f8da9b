# nothing to insert
# breaks: queued


states = "pending persistent transient detached pending deleted detached".split()
