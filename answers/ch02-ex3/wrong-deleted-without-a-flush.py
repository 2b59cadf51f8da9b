# the close threw it away


states = "pending persistent transient deleted persistent deleted detached".split()
