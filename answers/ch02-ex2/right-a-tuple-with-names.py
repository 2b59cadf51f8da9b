# a tuple whose numbers have names

from typing import NamedTuple

from sqlalchemy import select

from lantern.theatre import Guest


class Counts(NamedTuple):
    added: int
    skipped: int


def import_guests(NewSession, rows):
    with NewSession.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        new = dict.fromkeys(e for e in rows if e not in known)
        session.add_all([Guest(email=email) for email in new])
    return Counts(len(new), len(rows) - len(new))
