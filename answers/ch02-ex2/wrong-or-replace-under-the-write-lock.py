# are not all there as they were, with id and address
# breaks: kept

from sqlalchemy import insert, select

from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        for email in rows:
            session.execute(insert(Guest).prefix_with("OR REPLACE").values(email=email))
    new = len(set(rows) - known)
    return new, len(rows) - new
