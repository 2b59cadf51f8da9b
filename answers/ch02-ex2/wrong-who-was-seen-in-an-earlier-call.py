# 0 new guests were kept
# breaks: kept, meanwhile

from sqlalchemy import select

from lantern.theatre import Guest


def import_guests(NewSession, rows, seen=set()):
    with NewSession.begin() as session:
        session.connection(execution_options={"write": True})
        known = set(session.scalars(select(Guest.email)))
        known |= seen
        seen.update(e for e in rows if e)
        new = dict.fromkeys(e for e in rows if e not in known)
        session.add_all([Guest(email=email) for email in new])
    return len(new), len(rows) - len(new)
