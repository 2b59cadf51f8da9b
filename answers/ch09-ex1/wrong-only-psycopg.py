# has no attribute 'diag'
# breaks: asyncpg, others

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    name = error.driver_exception.diag.constraint_name
    if name not in SENTENCES:
        raise error
    return SENTENCES[name]
