"""The app with its routes behind its guard, and the server that runs it."""
