# An AssertionError is due
# breaks: out
# the rest is the course's own

course_fixture = nothing_left_out


@asynccontextmanager
async def nothing_left_out(engine):
    failed = False
    try:
        async with course_fixture(engine):
            try:
                yield
            except BaseException:
                failed = True
                raise
    except AssertionError as error:
        if failed:
            raise
        raise RuntimeError("a connection was left out") from error
