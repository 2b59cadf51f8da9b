# a list of 7 states
# breaks: queued, sent, undone, deleted, closed


states = ["transient"]
