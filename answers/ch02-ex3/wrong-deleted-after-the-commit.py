# no rollback can bring the row back


states = "pending persistent transient detached persistent deleted deleted".split()
