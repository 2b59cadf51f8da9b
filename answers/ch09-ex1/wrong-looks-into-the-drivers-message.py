# , and 'this guest is known' was due
# breaks: psycopg, others

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_tickets_seat_id": "this seat has a ticket",
    "uq_guests_email": "this guest is known",
}


def why_refused(error):
    for name, sentence in SENTENCES.items():
        if name in str(error.orig):
            return sentence
    raise error
