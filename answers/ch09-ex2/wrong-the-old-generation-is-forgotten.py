# the old processes ended before the new ones start
# breaks: fits
# never told: no limit


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = instances * workers
    share = (max_connections - reserved - others) // processes
    if share < 1:
        raise ValueError("no pool fits")
    pool_size = min(max(usual, 1), share)
    return pool_size, share - pool_size
