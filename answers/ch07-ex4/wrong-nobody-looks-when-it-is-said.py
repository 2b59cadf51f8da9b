# commits in a dependency of the default scope. Who has read its 201
# breaks: late
# the rest is the course's own


tests = [test for test in tests if test is not a_seat_is_sold_when_it_is_said]
