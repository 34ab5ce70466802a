"""What the page shows of one reader's mail. Values in, JSON out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any  # JSON

from lxml import etree

from newsletter_mailer.address import domain
from newsletter_mailer.check.clients.gmail_limits import GMAIL_CLIPS_AT, GMAIL_CLIPS_SOON
from newsletter_mailer.check.page.page import parse_page
from newsletter_mailer.compose.compiled import filled
from newsletter_mailer.compose.message import content_id, picture_names
from newsletter_mailer.compose.sample_message import sample_message
from newsletter_mailer.findings import Finding
from newsletter_mailer.links import reader_links
from newsletter_mailer.preview.live.snapshot import Snapshot, TracedVariant
from newsletter_mailer.preview.views.message_parts import message_json
from newsletter_mailer.preview.views.reader_choice import Persona, described, inclusions, label_of
from newsletter_mailer.preview.views.source_map import Place, place_of, places_of

_INBOX = 220  #: characters of text that the longest row of an inbox shows
_MUTE = frozenset({"style", "script", "title", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A variant filled for one reader."""

    snapshot: Snapshot
    persona: Persona
    made: TracedVariant

    @property
    def values(self) -> Mapping[str, str]:
        return self.persona.values(self.made.compiled)

    @property
    def links(self) -> Mapping[str, str]:
        snapshot, variant = self.snapshot, self.made.compiled.variant
        return reader_links(snapshot.project.settings, snapshot.edition.issue.id, variant.id)

    def page(self, addresses: Mapping[str, str]) -> str:
        """`addresses`: those of the pictures, by their keys."""
        return self.made.compiled.page(self.values, self.links, addresses)

    def page_as_sent(self) -> str:
        """With the pictures where the message has them."""
        compiled, settings = self.made.compiled, self.snapshot.project.settings
        hosted = settings.image_base_url_if_hosted
        host = domain(settings.sender.address)
        names = picture_names(compiled.pictures)
        return self.page(
            {
                key: f"{hosted}/{name}" if hosted else f"cid:{content_id(name, host)}"
                for key, name in names.items()
            }
        )

    def text(self) -> str:
        return self.made.compiled.words(self.values, self.links)

    def message(self) -> bytes:
        edition = self.snapshot.edition
        return sample_message(
            self.made.compiled,
            edition.issue,
            self.snapshot.project.settings,
            edition.content.total,
            mailbox=self.persona.mailbox,
            values=self.values,
        )

    def places(self) -> list[Place]:
        tree = parse_page(self.page(dict.fromkeys(self.made.compiled.pictures, "")))
        return places_of(tree, self.made.traces, self.made.compiled.variant.sections)


def mail_json(mail: Mail) -> dict[str, Any]:
    """Everything of the mail but its source and its message."""
    snapshot, persona, made = mail.snapshot, mail.persona, mail.made
    issue, settings = snapshot.edition.issue, snapshot.project.settings
    page, places = mail.page_as_sent(), mail.places()
    first = {place.section: place.number for place in reversed(places) if place.section}
    return {
        "variant": persona.variant.id,
        "label": label_of(persona.variant, issue),
        "readers": snapshot.plan.head_counts[persona.variant.id],
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
        "sections": _sections(snapshot, persona, first),
        "places": {str(one.number): _place(one) for one in places},
    }


def no_mail_json(snapshot: Snapshot | None, persona: Persona | None) -> dict[str, Any]:
    """Of a reader who gets nothing, or whose mail cannot be made."""
    if snapshot is None or persona is None:
        return {"variant": None}
    settings = snapshot.project.settings
    return {
        "variant": None,
        "label": "Nothing of this issue",
        "readers": 0,
        "kind": persona.kind,
        "subscriber": described(persona.subscriber, settings) if persona.subscriber else None,
        "sections": _sections(snapshot, persona, {}),
    }


def message_view(mail: Mail) -> dict[str, Any]:
    """The HTML as it is sent, the message's headers and the tree of its parts."""
    return {"html": mail.page_as_sent(), **message_json(mail.message())}


def located(mail: Mail, findings: Sequence[Finding], meant: Sequence[str]) -> list[int | None]:
    """For each finding the number of the place that it is about. `meant`: see `place_of`."""
    places = mail.places()
    slugs = {one.source.file: one.slug for one in mail.snapshot.edition.issue.sections}
    found = (
        place_of(finding, places, slugs, words)
        for finding, words in zip(findings, meant, strict=True)
    )
    return [place.number if place else None for place in found]


def _sections(
    snapshot: Snapshot, persona: Persona, places: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Every section of the issue. `places`: where each begins in the mail."""
    issue, settings = snapshot.edition.issue, snapshot.project.settings
    return [
        {
            "slug": inclusion.section.slug,
            "title": inclusion.section.title.plain() or inclusion.section.slug,
            "file": inclusion.section.source.file,
            "gets": inclusion.is_got,
            "why": inclusion.why,
            "place": places.get(inclusion.section.slug) if inclusion.is_got else None,
        }
        for inclusion in inclusions(issue, settings, persona)
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
    compiled, links = mail.made.compiled, mail.links
    preheader = filled(compiled.preheader, mail.values, links)
    words = _first_words(parse_page(page))
    return {
        "sender": mail.snapshot.project.settings.sender.name
        or mail.snapshot.project.settings.sender.address,
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
