# a list of 7 states


states = ["transient"]
