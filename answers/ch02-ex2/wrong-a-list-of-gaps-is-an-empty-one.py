# The list had 1 row, None
# breaks: gap

from sqlalchemy import select

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    if not any(rows):
        return 0, len(rows)
    with NewSession.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        new = dict.fromkeys(e for e in rows if e not in known)
        session.add_all([Guest(email=email) for email in new])
    return len(new), len(rows) - len(new)
