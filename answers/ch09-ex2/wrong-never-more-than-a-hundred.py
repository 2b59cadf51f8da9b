# gives out 100 to each process
# breaks: full
# the rest is the course's own

course_settings = pool_settings


def pool_settings(**setup):
    size, overflow = course_settings(**setup)
    return min(size, 100), min(size + overflow, 100) - min(size, 100)
