# What do your tests let fail
# breaks: halves
# the rest is the course's own


tests = [test for test in tests if test is not each_commit_fails_in_turn]
