# it returned '<ValueError>'
# breaks: none


def pool_settings(max_connections, reserved, others, instances, workers, rolling, usual):
    share = (max_connections - reserved - others) // (instances * workers * (1 + rolling))
    if share < 1:
        return "<ValueError>"
    pool_size = min(share, max(usual, 1))
    return pool_size, share - pool_size
