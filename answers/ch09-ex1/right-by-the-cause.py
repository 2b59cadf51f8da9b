# asyncpg says it in the cause of what SQLAlchemy adapts

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    inner = error.orig.__cause__ or error.orig.diag
    match inner.constraint_name:
        case "uq_guests_email" | "uq_tickets_seat_id" | "fk_orders_show_id_shows" as name:
            return SENTENCES[name]
    raise error
