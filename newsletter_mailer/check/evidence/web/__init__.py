"""Asks the web whether links lead anywhere."""
