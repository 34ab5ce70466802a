"""SMTP as a client speaks it (RFC 5321): sessions, and mail transactions over them."""
