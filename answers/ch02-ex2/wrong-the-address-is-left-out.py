# One refused row ended it all
# breaks: kept, commit, meanwhile, gap, counts
# never told: duplicate
# the rest is the course's own


def import_guests(NewSession: sessionmaker[Session], rows: Sequence[str]) -> tuple[int, int]:
    with NewSession.begin() as session:
        session.add_all(Guest() for _ in rows)
    return len(rows), 0
