# keeps 1
# breaks: kept


def pool_settings(*, max_connections, reserved, others, instances, workers, rolling, usual):
    processes = instances * workers * (2 if rolling else 1)
    share = (max_connections - reserved - others) // processes
    if share < 1:
        raise ValueError("no pool fits")
    return 1, share - 1
