"""What was found, as people and programs want to read it. Pure: a report in, a text out."""
