# its error was caught while the transaction that it had ended was still open
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
                skipped += 1
    return len(rows) - skipped, skipped
