"""The links that every mail carries."""

from __future__ import annotations

from urllib.parse import quote

from newsletter_mailer.settings import Settings


def unsubscribe_uri(settings: Settings) -> str:
    """A mailto URI (RFC 6068) that says which newsletter is meant."""
    subject = quote(f"Unsubscribe from {settings.name}", safe="")
    return f"mailto:{quote(settings.unsubscribe_mailto, safe='@')}?subject={subject}"


def reader_links(settings: Settings) -> dict[str, str]:
    """By the names of the merge fields."""
    return {"unsubscribe_url": unsubscribe_uri(settings)}


def inert_links() -> dict[str, str]:
    """For a test: a link that unsubscribes nobody."""
    return {"unsubscribe_url": "#unsubscribe-works-in-the-real-mail"}
