"""Pictures of what was recorded: each is a pure function of plain data."""
