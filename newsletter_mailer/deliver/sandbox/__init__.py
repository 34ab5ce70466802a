"""A rehearsal: a real SMTP server inside the process that delivers into a folder."""
