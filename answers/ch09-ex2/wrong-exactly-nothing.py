# it returned [-1, 0]
# breaks: none


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = instances * workers * (2 if rolling else 1)
    share = (max_connections - reserved - others) // processes
    if share == 0:
        raise ValueError("no pool fits")
    pool_size = min(max(usual, 1), share)
    return pool_size, share - pool_size
