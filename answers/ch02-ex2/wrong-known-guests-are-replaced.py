# are not all there as they were, with id and address
# breaks: kept

from sqlalchemy import delete, insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    skipped = 0
    with Session.begin() as session:
        for email in rows:
            skipped += session.execute(delete(Guest).where(Guest.email == email)).rowcount
            session.execute(insert(Guest).values(email=email))
    return len(rows) - skipped, skipped
