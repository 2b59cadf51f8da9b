# made from two columns

causes = ["threads", "caught", "unfinished", "computed", "in-place", "savepoint", "frozen", "late"]
cures = ["limit", "nested", "begin", "ask", "mutable", "real-begin", "to-thread", "function-scope"]
diagnoses = dict(enumerate(zip(causes, cures, strict=True), 1))
