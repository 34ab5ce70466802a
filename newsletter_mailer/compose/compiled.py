"""What composing a variant yields: parts with slots, not yet a message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer.compose.escaping import Context, escape
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.plan.variants import Variant

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class PictureSlot:
    """Where a picture's address goes: cid:, a file's path or a web address."""

    key: str


@dataclass(frozen=True, slots=True)
class HtmlSlot:
    """A place in the HTML that is filled when the message is made."""

    meaning: MergeField | PictureSlot
    context: Context


@dataclass(frozen=True, slots=True)
class UrlPart:
    """A field within a web address in plain text: percent-encoded there."""

    field: MergeField


TextPiece = str | MergeField | UrlPart


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledVariant:
    """One variant, composed once. Texts and slots alternate in no fixed rhythm."""

    variant: Variant
    html: tuple[str | HtmlSlot, ...]
    text: tuple[TextPiece, ...]
    subject: tuple[str | MergeField, ...]
    preheader: tuple[str | MergeField, ...]
    pictures: Mapping[str, Picture]  #: by the key of their slots, only those that are shown

    def fields(self) -> tuple[MergeField, ...]:
        """The subscriber's fields that are filled in, and those of the To header."""
        html = (piece.meaning for piece in self.html if isinstance(piece, HtmlSlot))
        text = (piece.field if isinstance(piece, UrlPart) else piece for piece in self.text)
        named = (
            meaning
            for meaning in (*html, *text, *self.subject, *self.preheader)
            if isinstance(meaning, MergeField) and meaning.namespace == "subscriber"
        )
        to = (MergeField("subscriber", name, "") for name in ("first_name", "last_name"))
        return tuple(dict.fromkeys((*to, *named)))

    def page(
        self,
        values: Mapping[str, str],
        links: Mapping[str, str],
        addresses: Mapping[str, str],
    ) -> str:
        """The HTML for one reader. `addresses`: the address of each picture by its key."""
        return "".join(
            piece
            if isinstance(piece, str)
            else escape(
                addresses[piece.meaning.key]
                if isinstance(piece.meaning, PictureSlot)
                else slot_value(piece.meaning, values, links),
                piece.context,
            )
            for piece in self.html
        )

    def words(self, values: Mapping[str, str], links: Mapping[str, str]) -> str:
        """The plain text for one reader."""
        return "".join(
            piece
            if isinstance(piece, str)
            else escape(slot_value(piece.field, values, links), Context.URL_PART)
            if isinstance(piece, UrlPart)
            else as_words(slot_value(piece, values, links))
            for piece in self.text
        )

    def subject_line(self, values: Mapping[str, str], links: Mapping[str, str]) -> str:
        return filled(self.subject, values, links)


def as_words(value: str) -> str:
    """A value for plain text: on one line, so that it cannot pass for a line of ours."""
    return _BLANKS.sub(" ", value)


def slot_value(field: MergeField, values: Mapping[str, str], links: Mapping[str, str]) -> str:
    """A reader's value; the default also serves for a blank."""
    value = links.get(field.name, "") if field.namespace == "link" else values.get(field.name, "")
    return value or field.default or ""


def filled(
    pieces: Sequence[str | MergeField], values: Mapping[str, str], links: Mapping[str, str]
) -> str:
    return "".join(
        piece if isinstance(piece, str) else slot_value(piece, values, links) for piece in pieces
    )
