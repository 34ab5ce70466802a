"""How a rule says what it asks, and of what."""
