# a flush failed and its error was caught
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session() as session:
        session.add_all(Guest(email=email) for email in rows)
        try:
            session.commit()
        except IntegrityError:
            session.rollback()
    return len(set(rows)), len(rows) - len(set(rows))
