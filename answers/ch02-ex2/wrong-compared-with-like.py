# it is kept, and compared, as it is written
# breaks: kept, counts

from sqlalchemy import select

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    with NewSession.begin() as session:
        session.connection(execution_options={"write": True})
        new = dict.fromkeys(
            e
            for e in rows
            if e is None or session.scalar(select(Guest.id).where(Guest.email.like(e))) is None
        )
        session.add_all([Guest(email=email) for email in new])
    return len(new), len(rows) - len(new)
