"""What the page shows of a live issue. Values in, JSON and HTML out."""
