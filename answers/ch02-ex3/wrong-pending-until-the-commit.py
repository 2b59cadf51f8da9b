# before any commit
# breaks: sent


states = "pending pending transient detached persistent deleted detached".split()
