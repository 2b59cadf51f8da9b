# Over asyncpg, from a server that speaks German
# breaks: asyncpg

import re

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    driver = error.driver_exception
    if hasattr(driver, "diag"):
        name = driver.diag.constraint_name
    else:
        found = re.search(r'constraint "(\w+)"$', str(error.orig))
        name = found and found[1]
    if name in SENTENCES:
        return SENTENCES[name]
    raise error
