# has nothing left to commit
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        session.add_all(Guest(email=email) for email in rows)
        try:
            session.flush()
        except IntegrityError:
            print("somebody was known")
    return len(set(rows)), len(rows) - len(set(rows))
