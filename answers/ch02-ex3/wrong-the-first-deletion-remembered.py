# the note of the deletion went with the close
# breaks: queued


states = "pending persistent transient detached deleted deleted detached".split()
