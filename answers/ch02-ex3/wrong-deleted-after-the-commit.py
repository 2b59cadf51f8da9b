# no rollback can bring the row back
# breaks: sent


states = "pending persistent transient detached persistent deleted deleted".split()
