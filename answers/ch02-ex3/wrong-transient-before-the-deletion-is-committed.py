# Mark 6, deletion flushed
# breaks: deleted


states = "pending persistent transient detached persistent transient detached".split()
