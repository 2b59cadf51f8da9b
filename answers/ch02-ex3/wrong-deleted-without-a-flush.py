# the close threw it away
# breaks: closed


states = "pending persistent transient deleted persistent deleted detached".split()
