"""WHO: list files -> Subscribers."""
