# After an import that failed pool.checkedout() is 1
# breaks: returned

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    session = Session()
    added = 0
    for email in rows:
        statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
        added += session.execute(statement).rowcount
    session.commit()
    session.close()
    return added, len(rows) - added
