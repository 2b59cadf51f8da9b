# unexpected keyword argument 'execution_options'
# breaks: options
# the rest is the course's own

course_engine = lantern_engine


def lantern_engine(path, pool_size=5, connect_args=None):
    return course_engine(path, pool_size=pool_size, connect_args=connect_args or {})
