# What is looked up before that moment is old by then
# breaks: meanwhile

from sqlalchemy import select

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            if session.scalar(select(Guest.id).where(Guest.email == email)) is None:
                session.add(Guest(email=email))
                added += 1
    return added, len(rows) - added
