"""A lesson that is played for an hour, to see what grows."""
