# and the list has nobody of exactly this address
# breaks: kept, counts, meanwhile
# never told: rollback()

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            email = email and email.lower()
            try:
                with session.begin_nested():
                    session.add(Guest(email=email))
            except IntegrityError:
                if session.scalar(select(Guest.id).where(Guest.email == email)) is None:
                    raise
                skipped += 1
    return len(rows) - skipped, skipped
