"""What authors run; nothing imports it."""
