# One list was committed in 5 parts
# breaks: commit

from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    if None in rows:
        raise ValueError("an address is missing")
    added = 0
    with Session() as session:
        for number, email in enumerate(rows, 1):
            statement = sqlite_insert(Guest).values(email=email).on_conflict_do_nothing()
            added += session.execute(statement).rowcount
            if number % 100 == 0:
                session.commit()
        session.commit()
    return added, len(rows) - added
