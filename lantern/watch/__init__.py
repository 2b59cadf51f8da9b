"""`python -m lantern watch`: a page beside an app that runs, of what it does at the database."""
