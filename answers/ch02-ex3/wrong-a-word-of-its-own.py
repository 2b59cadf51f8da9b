# a state that does not exist
# breaks: queued


states = "new persistent transient detached persistent deleted detached".split()
