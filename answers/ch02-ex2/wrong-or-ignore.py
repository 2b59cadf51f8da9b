# not every row without effect is one
# breaks: gap

from sqlalchemy import insert

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session.begin() as session:
        for email in rows:
            statement = insert(Guest).prefix_with("OR IGNORE").values(email=email)
            added += session.execute(statement).rowcount
    return added, len(rows) - added
