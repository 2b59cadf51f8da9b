# Mark 6, deletion flushed
# breaks: deleted


states = "pending persistent transient detached persistent detached detached".split()
