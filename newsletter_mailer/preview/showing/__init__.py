"""What a page shows, made of what lies on the desk. Values in, JSON and HTML out."""
