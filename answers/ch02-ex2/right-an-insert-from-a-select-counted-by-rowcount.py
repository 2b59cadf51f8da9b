# from a select that finds nobody who is there, and rowcount, which SQLite's driver keeps
# on PostgreSQL: neither number can be less than 0

from sqlalchemy import exists, insert, literal, select
from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    added = 0
    with NewSession.begin() as session:
        for email in rows:
            if email is None:
                raise ValueError("an address is missing")
            nobody = select(literal(email)).where(~exists().where(Guest.email == email))
            try:
                with session.begin_nested():
                    statement = insert(Guest).from_select(["email"], nobody)
                    added += session.execute(statement).rowcount
            except IntegrityError:
                continue  # he signed up between the question and the INSERT
    return added, len(rows) - added
