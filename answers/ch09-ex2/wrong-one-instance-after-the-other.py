# would fit if one instance after the other were replaced.
# breaks: fits
# never told: reserved, or


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = (instances + rolling) * workers
    share = (max_connections - reserved - others) // processes
    if share < 1:
        raise ValueError("no pool fits")
    pool_size = min(max(usual, 1), share)
    return pool_size, share - pool_size
