# tells a duplicate by the driver's message
# on PostgreSQL: duplicate key value violates unique constraint

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            try:
                with session.begin_nested():
                    session.add(Guest(email=email))
            except IntegrityError as error:
                if "UNIQUE" not in str(error.orig):
                    raise
                skipped += 1
    return len(rows) - skipped, skipped
