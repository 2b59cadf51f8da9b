# from a server that speaks German
# breaks: asyncpg, psycopg

import re

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    found = re.search(r'constraint "(\w+)"', str(error.orig))
    if found and found[1] in SENTENCES:
        return SENTENCES[found[1]]
    raise error
