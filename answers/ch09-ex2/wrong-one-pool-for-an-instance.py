# for each process makes
# breaks: fits


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = instances * (2 if rolling else 1)
    share = (max_connections - reserved - others) // processes
    if max_connections - reserved - others < processes * workers:
        raise ValueError("no pool fits")
    pool_size = min(max(usual, 1), share)
    return pool_size, share - pool_size
