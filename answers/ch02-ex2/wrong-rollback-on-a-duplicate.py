# it took back everything since the last commit
# breaks: kept, counts, meanwhile, gap

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session() as session:
        for email in rows:
            session.add(Guest(email=email))
            try:
                session.flush()
            except IntegrityError:
                session.rollback()
                skipped += 1
        session.commit()
    return len(rows) - skipped, skipped
