"""Compose an e-mail newsletter from files, check it, and mail it once to everyone."""

__version__ = "0.1.0"
