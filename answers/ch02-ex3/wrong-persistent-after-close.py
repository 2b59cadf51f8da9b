# nobody refreshes it now
# breaks: closed


states = "pending persistent transient persistent persistent deleted detached".split()
