# before any commit


states = "pending pending transient detached persistent deleted detached".split()
