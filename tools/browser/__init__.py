"""Build the browser edition: the book, with a Python that runs its lessons in the reader's page."""
