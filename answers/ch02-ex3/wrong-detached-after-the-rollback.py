# this row was taken back
# breaks: undone


states = "pending persistent detached detached persistent deleted detached".split()
