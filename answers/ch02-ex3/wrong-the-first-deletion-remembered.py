# the note of the deletion went with the close


states = "pending persistent transient detached deleted deleted detached".split()
