"""One module a chapter, named by its stem; each exercise is an observe and a judge."""
