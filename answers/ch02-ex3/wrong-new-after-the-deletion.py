# is not new again


states = "pending persistent transient detached persistent deleted transient".split()
