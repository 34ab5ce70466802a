"""The links that every mail carries, one row each: for writers, for templates, for the headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from newsletter_mailer.settings.newsletter import Settings


def unsubscribe_uri(settings: Settings) -> str:
    """A mailto URI (RFC 6068) that says which newsletter is meant."""
    subject = quote(f"Unsubscribe from {settings.name}", safe="")
    return f"mailto:{quote(settings.unsubscribe_mailto, safe='@')}?subject={subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a message."""

    field: str  #: the merge field that a writer names it by: {{ unsubscribe_url }}
    name: str  #: how a template names it: {{ links.unsubscribe }}
    uri: Callable[[Settings], str]  #: where it leads
    inert: str  #: where it leads in a test mail, which must not act
    sample: str  #: where it leads in a page that is checked, for a made-up reader


LINKS = (
    Link(
        field="unsubscribe_url",
        name="unsubscribe",
        uri=unsubscribe_uri,
        inert="#unsubscribe-works-in-the-real-mail",
        sample="mailto:unsubscribe@example.org?subject=Unsubscribe",
    ),
)
#: Names that templates may ask for, though no newsletter has such a link yet.
ABSENT = ("view_online",)


def reader_links(settings: Settings) -> dict[str, str]:
    """By the names of the merge fields."""
    return {link.field: link.uri(settings) for link in LINKS}


def inert_links() -> dict[str, str]:
    """For a test: links that do nothing."""
    return {link.field: link.inert for link in LINKS}


def sample_links() -> dict[str, str]:
    """For a page that is checked."""
    return {link.field: link.sample for link in LINKS}
