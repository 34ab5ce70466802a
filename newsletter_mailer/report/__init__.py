"""What became of an issue: its numbers, and a page with pictures. Pure: values in, text out."""
