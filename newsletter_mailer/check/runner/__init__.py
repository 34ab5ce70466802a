"""Asks every question, and lets the newsletter decide what becomes of the answers."""
