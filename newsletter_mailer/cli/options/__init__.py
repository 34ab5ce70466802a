"""Options: what they mean, and what they must not touch."""
