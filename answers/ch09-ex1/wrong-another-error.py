# another error was raised
# breaks: others

from sqlalchemy.exc import IntegrityError

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    driver = error.driver_exception
    name = getattr(driver, "diag", driver).constraint_name
    if name in SENTENCES:
        return SENTENCES[name]
    raise IntegrityError(error.statement, error.params, error.orig) from error
