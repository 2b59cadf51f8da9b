# it was raised again
# breaks: psycopg

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    name = getattr(error.driver_exception, "constraint_name", None)
    if name not in SENTENCES:
        raise error
    return SENTENCES[name]
