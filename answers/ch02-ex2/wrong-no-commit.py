# Nothing was committed
# breaks: kept, commit, meanwhile, gap

from sqlalchemy.exc import IntegrityError

from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session() as session:
        for email in rows:
            try:
                with session.begin_nested():
                    session.add(Guest(email=email))
                added += 1
            except IntegrityError:
                if email is None:
                    raise
    return added, len(rows) - added
