"""SEND: engine, pace, transports. Knows bytes and addresses, nothing of Markdown or MJML."""
