"""Check answers: what an exercise is, how an answer is run and observed, what is kept of it."""
