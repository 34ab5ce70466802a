"""List-Unsubscribe (RFC 2369 section 3.2): the button that mail programs show."""

from __future__ import annotations

from newsletter_mailer.compose.header_fields import plain_header


def unsubscribe_header(uri: str) -> bytes:
    """The field with its line end; nothing without a URI."""
    return plain_header("List-Unsubscribe", f"<{uri}>") if uri else b""
