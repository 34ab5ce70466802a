"""The links of every mail, one row each: for writers, templates, test mails and checks."""

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
class Message:
    """What a link may lead to: the ids of an issue and of one of its variants."""

    settings: Settings
    issue: str
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a message."""

    field: str  #: the merge field that a writer names it by: {{ unsubscribe_url }}
    name: str  #: how a template names it: {{ links.unsubscribe }}
    uri: Callable[[Message], str]  #: where it leads
    inert: str  #: where it leads in a test mail, which must not act
    sample: str  #: where it leads in a page that is checked, for a made-up reader


LINKS: tuple[Link, ...] = (
    Link(
        field="unsubscribe_url",
        name="unsubscribe",
        uri=lambda message: unsubscribe_uri(message.settings),
        inert="#unsubscribe-works-in-the-real-mail",
        sample="mailto:unsubscribe@example.org?subject=Unsubscribe",
    ),
)
#: Names that templates may ask for, though no newsletter has such a link yet.
ABSENT = ("view_online",)


def reader_links(settings: Settings, issue: str, variant: str) -> dict[str, str]:
    """By the names of the merge fields. `issue` and `variant`: their ids."""
    message = Message(settings=settings, issue=issue, variant=variant)
    return {link.field: link.uri(message) for link in LINKS}


def inert_links() -> dict[str, str]:
    """For a test: links that do nothing."""
    return {link.field: link.inert for link in LINKS}


def sample_links() -> dict[str, str]:
    """For a page that is checked."""
    return {link.field: link.sample for link in LINKS}
