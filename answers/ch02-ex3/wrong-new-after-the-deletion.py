# is not new again
# breaks: sent


states = "pending persistent transient detached persistent deleted transient".split()
