"""WHO GETS WHAT: Issue x Subscribers x suppressed -> variants, assignments, skips, profile."""
