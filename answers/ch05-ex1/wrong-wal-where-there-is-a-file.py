# the journal of a file that had not been there was 'delete'
# breaks: wal
# the rest is the course's own

course_engine = lantern_engine


def lantern_engine(path, **options):
    there = path.exists()
    engine = course_engine(path, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def new_files_keep_their_journal(connection, record):
        if not there:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=DELETE")
            cursor.close()

    return engine
