# asks for either attribute, and for a name that is not there

from sqlalchemy.exc import IntegrityError

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error: IntegrityError) -> str:
    driver = error.driver_exception
    diagnostics = getattr(driver, "diag", driver)
    try:
        return SENTENCES[getattr(diagnostics, "constraint_name", None)]
    except KeyError:
        raise error from None
