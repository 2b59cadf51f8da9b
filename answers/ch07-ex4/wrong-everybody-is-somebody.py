# In your tests the database refused it nothing
# breaks: swallowed
# the rest is the course's own


tests = [test for test in tests if test is not nobody_buys_nothing]
