"""A variant as a mail client gets it, and what a reader sees of it."""
