"""SEND: engine, SMTP, sandbox, pace. Knows bytes and addresses, nothing of Markdown or MJML."""
