# Over psycopg, from a server that speaks German
# breaks: psycopg

import re

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    driver = error.driver_exception
    name = getattr(driver, "constraint_name", None)
    if hasattr(driver, "diag"):
        found = re.search(r'constraint "(\w+)"', driver.diag.message_primary)
        name = found and found[1]
    if name in SENTENCES:
        return SENTENCES[name]
    raise error
