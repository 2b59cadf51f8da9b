# it was raised again
# breaks: psycopg

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    driver = error.driver_exception
    if type(driver).__name__ in ("UniqueViolationError", "ForeignKeyViolationError"):
        if driver.constraint_name in SENTENCES:
            return SENTENCES[driver.constraint_name]
    raise error
