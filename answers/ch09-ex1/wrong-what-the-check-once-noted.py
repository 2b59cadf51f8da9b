# it returned '<raised again>'. It is none of the three
# breaks: others

SENTENCES = {
    "fk_orders_show_id_shows": "there is no such show",
    "uq_guests_email": "this guest is known",
    "uq_tickets_seat_id": "this seat has a ticket",
}


def why_refused(error):
    driver = error.driver_exception
    name = driver.diag.constraint_name if hasattr(driver, "diag") else driver.constraint_name
    return SENTENCES.get(name, "<raised again>")
