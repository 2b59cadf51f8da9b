# looks whether a seat is free, asks the bank
# breaks: oversold
# the rest is the course's own


tests = [test for test in tests if test is not two_want_the_last_seat]
