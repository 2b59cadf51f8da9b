# goes from cause to cause

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    cause = error.__cause__
    said = getattr(cause, "diag", None) or cause.__cause__
    if said.constraint_name in SENTENCES:
        return SENTENCES[said.constraint_name]
    raise error
