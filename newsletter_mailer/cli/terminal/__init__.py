"""The terminal: what it can show, and the one way to it."""
