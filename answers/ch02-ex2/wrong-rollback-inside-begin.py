# the block ends the transaction
# breaks: kept, commit, meanwhile, gap, counts

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                session.rollback()
                skipped += 1
    return len(rows) - skipped, skipped
