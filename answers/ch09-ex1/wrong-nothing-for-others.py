# raise it again
# breaks: others

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    driver = error.driver_exception
    return SENTENCES.get(getattr(driver, "diag", driver).constraint_name)
