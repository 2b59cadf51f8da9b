"""Drive a real browser, for tests and for measurements."""
