# 0:04:58 h later
# breaks: minutes
# the rest is the course's own


def as_stored(moment: datetime) -> datetime:
    """Return a moment in the form in which this database keeps it."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
