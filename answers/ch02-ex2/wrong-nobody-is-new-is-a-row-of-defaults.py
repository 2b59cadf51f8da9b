# all of guests who are known
# breaks: kept

from sqlalchemy import insert, select

from lantern.theatre import Guest


def import_guests(NewSession, rows):
    if not rows:
        return 0, 0
    with NewSession.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        new = dict.fromkeys(e for e in rows if e not in known)
        session.execute(insert(Guest), [{"email": email} for email in new])
    return len(new), len(rows) - len(new)
