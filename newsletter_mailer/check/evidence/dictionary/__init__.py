"""Dictionaries: hunspell, or its files read by spylls."""
