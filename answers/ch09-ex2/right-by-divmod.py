# names its arguments no more than it needs, and returns a list


def pool_settings(max_connections, reserved, others, *, usual, rolling, **processes):
    generations = 1 + rolling
    share, _ = divmod(
        max_connections - (reserved + others),
        generations * processes["instances"] * processes["workers"],
    )
    if share <= 0:
        raise ValueError
    for pool_size in range(share, 0, -1):
        if pool_size <= max(usual, 1):
            return [pool_size, share - pool_size]
