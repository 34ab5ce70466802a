"""WHO: lists -> Subscribers."""
