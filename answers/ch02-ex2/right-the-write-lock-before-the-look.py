# the write lock before the look
# on PostgreSQL: What is looked up before that moment is old by then

from sqlalchemy import select

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        new = set(rows) - known
        session.add_all([Guest(email=email) for email in new])
    return len(new), len(rows) - len(new)
