# one that is used again after its close takes another
# breaks: returned
# the rest is the course's own

sold = sell


def sell(
    NewSession: sessionmaker[Session], show_id: int, guest_id: int, seat_ids: Sequence[int]
) -> int:
    sessions = []

    class Noted(NewSession.class_):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            sessions.append(self)

    order_id = sold(sessionmaker(NewSession.kw["bind"], class_=Noted), show_id, guest_id, seat_ids)
    sessions[-1].get(Order, order_id)
    return order_id
