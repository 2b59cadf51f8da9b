# returned NoneType
# breaks: out, overflow, dropped, clean, told, gone


def nothing_left_out(engine):
    assert engine.pool.checkedout() == 0
