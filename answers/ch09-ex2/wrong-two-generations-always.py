# the old processes ran beside the new ones
# breaks: full


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = instances * workers * 2
    share = (max_connections - reserved - others) // processes
    if share < 1:
        raise ValueError("no pool fits")
    pool_size = min(max(usual, 1), share)
    return pool_size, share - pool_size
