"""EXPLAIN: the documentation, as it came with this version."""
