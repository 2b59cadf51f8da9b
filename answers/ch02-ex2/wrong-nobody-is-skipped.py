# One refused row ended it all: import_guests raised IntegrityError
# breaks: kept, commit, meanwhile, gap, counts
# never told: catch it outside


from lantern.theatre import Guest


def import_guests(Session, rows):
    with Session.begin() as session:
        session.add_all(Guest(email=email) for email in rows)
    return len(rows), 0
