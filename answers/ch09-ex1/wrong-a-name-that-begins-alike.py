# `uq_guests_email_folded`: it returned 'this guest is known'
# breaks: others
# the rest is the course's own


def why_refused(error):
    driver = error.driver_exception
    name = getattr(driver, "diag", driver).constraint_name or ""
    for rule, sentence in SENTENCES.items():
        if name.startswith(rule):
            return sentence
    raise error
