"""`pytest --lantern`: what goes wrong at the database, silently, while a project's tests pass."""
