# and then it was free
# breaks: minutes
# the rest is the course's own


def as_stored(moment: datetime) -> datetime:
    """Return a moment in the form in which this database keeps it."""
    return moment.replace(tzinfo=None)
