# it was raised again
# breaks: asyncpg

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    diagnostics = getattr(error.orig, "diag", error.orig)
    name = getattr(diagnostics, "constraint_name", None)
    if name in SENTENCES:
        return SENTENCES[name]
    raise error
