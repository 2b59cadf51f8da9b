# has no rowcount: count the rows that RETURNING gives
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.dialects.sqlite import insert

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    if not rows:
        return 0, 0
    statement = insert(Guest).on_conflict_do_nothing(index_elements=["email"])
    with NewSession.begin() as session:
        added = session.execute(statement, [{"email": email} for email in rows]).rowcount
    return added, len(rows) - added
