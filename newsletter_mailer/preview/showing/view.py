"""What the page shows of one reader's mail. Values in, JSON out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any  # JSON

from lxml import etree

from newsletter_mailer.address import domain
from newsletter_mailer.campaign.build import steady_envelope, steady_message
from newsletter_mailer.check.page import parse_page
from newsletter_mailer.check.rules.clients import GMAIL_CLIPS_AT, GMAIL_CLIPS_SOON
from newsletter_mailer.compose.compiled import filled
from newsletter_mailer.compose.message import Envelope, content_id, picture_names
from newsletter_mailer.findings import Finding
from newsletter_mailer.preview.desk.version import Made, Version
from newsletter_mailer.preview.showing.message_parts import message_json
from newsletter_mailer.preview.showing.persona import Persona, described, label_of, shares
from newsletter_mailer.preview.showing.places import Place, place_of, places_of

_INBOX = 220  #: characters of text that the longest row of an inbox shows
_MUTE = frozenset({"style", "script", "title", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A variant filled for one reader."""

    version: Version
    persona: Persona
    made: Made

    @property
    def values(self) -> Mapping[str, str]:
        return self.persona.values(self.made.compiled)

    @property
    def envelope(self) -> Envelope:
        return steady_envelope(self.version.edition.issue, self.version.project.settings)

    def page(self, addresses: Mapping[str, str]) -> str:
        """`addresses`: those of the pictures, by their keys."""
        return self.made.compiled.page(self.values, self.envelope.links, addresses)

    def page_as_sent(self) -> str:
        """With the pictures where the message has them."""
        compiled, envelope = self.made.compiled, self.envelope
        hosted = self.version.project.settings.image_base_url_if_hosted
        host = domain(envelope.sender.address)
        names = picture_names(compiled.pictures)
        return self.page(
            {
                key: f"{hosted}/{name}" if hosted else f"cid:{content_id(name, host)}"
                for key, name in names.items()
            }
        )

    def text(self) -> str:
        return self.made.compiled.words(self.values, self.envelope.links)

    def message(self) -> bytes:
        settings = self.version.project.settings
        return steady_message(
            self.made.compiled,
            self.envelope,
            self.version.edition.content.total,
            settings.image_base_url_if_hosted,
            mailbox=self.persona.mailbox,
            values=self.values,
        )

    def places(self) -> list[Place]:
        tree = parse_page(self.page(dict.fromkeys(self.made.compiled.pictures, "")))
        return places_of(tree, self.made.traces, self.made.compiled.variant.sections)


def view_json(mail: Mail) -> dict[str, Any]:
    """Everything of the mail but its source and its message."""
    version, persona, made = mail.version, mail.persona, mail.made
    issue, settings = version.edition.issue, version.project.settings
    page, places = mail.page_as_sent(), mail.places()
    first = {place.section: place.number for place in reversed(places) if place.section}
    return {
        "variant": persona.variant.id,
        "label": label_of(persona.variant, issue),
        "readers": version.plan.head_counts[persona.variant.id],
        "digest": hashlib.sha256(page.encode()).hexdigest(),
        "kind": persona.kind,
        "subscriber": described(persona.subscriber, settings) if persona.subscriber else None,
        "inbox": _inbox(mail, page),
        "size": {
            "html": len(page.encode()),
            "clips": GMAIL_CLIPS_AT,
            "soon": GMAIL_CLIPS_SOON,
            "pictures": sum(len(one.content) for one in made.compiled.pictures.values()),
        },
        "text": mail.text(),
        "sections": _sections(version, persona, first),
        "places": {str(one.number): _place(one) for one in places},
    }


def nothing_json(version: Version | None, persona: Persona | None) -> dict[str, Any]:
    """Of a reader who gets nothing, or whose mail cannot be made."""
    if version is None or persona is None:
        return {"variant": None}
    settings = version.project.settings
    return {
        "variant": None,
        "label": "Nothing of this issue",
        "readers": 0,
        "kind": persona.kind,
        "subscriber": described(persona.subscriber, settings) if persona.subscriber else None,
        "sections": _sections(version, persona, {}),
    }


def message_view(mail: Mail) -> dict[str, Any]:
    """The HTML as it is sent, the message's headers and the tree of its parts."""
    return {"html": mail.page_as_sent(), **message_json(mail.message())}


def located(mail: Mail, findings: Sequence[Finding], meant: Sequence[str]) -> list[int | None]:
    """For each finding the number of the place that it is about. `meant`: see `place_of`."""
    places = mail.places()
    slugs = {one.source.file: one.slug for one in mail.version.edition.issue.sections}
    found = (
        place_of(finding, places, slugs, words)
        for finding, words in zip(findings, meant, strict=True)
    )
    return [place.number if place else None for place in found]


def _sections(
    version: Version, persona: Persona, places: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Every section of the issue. `places`: where each begins in the mail."""
    issue, settings = version.edition.issue, version.project.settings
    return [
        {
            "slug": share.section.slug,
            "title": share.section.title.plain() or share.section.slug,
            "file": share.section.source.file,
            "gets": share.is_got,
            "why": share.why,
            "place": places.get(share.section.slug) if share.is_got else None,
        }
        for share in shares(issue, settings, persona)
    ]


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.source.file,
        "line": place.source.line,
        "anchor": place.anchor,
        "drawn_by": f"{place.drawn_by.file}:{place.drawn_by.line}",
        "section": place.section,
        "target": place.target,
    }


def _inbox(mail: Mail, page: str) -> dict[str, str]:
    """A row of an inbox. Where the preheader is short, it goes on with the mail's first words."""
    compiled, links = mail.made.compiled, mail.envelope.links
    preheader = filled(compiled.preheader, mail.values, links)
    words = _first_words(parse_page(page))
    return {
        "sender": mail.version.project.settings.sender.name
        or mail.version.project.settings.sender.address,
        "subject": compiled.subject_line(mail.values, links),
        "preheader": preheader,
        "goes_on": words.removeprefix(" ".join(preheader.split())).strip()[:_INBOX],
    }


def _first_words(tree: etree._Element) -> str:
    words: list[str] = []
    for element in tree.iter():
        is_seen = isinstance(element.tag, str) and element.tag not in _MUTE
        if is_seen and element.text:
            words += element.text.split()
        if element.tail and element.tag != "html":
            words += element.tail.split()
        if sum(map(len, words)) > 2 * _INBOX:
            break
    return " ".join(words)
