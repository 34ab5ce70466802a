"""The server, its routes, and who may ask for what."""
