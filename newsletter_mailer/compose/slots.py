"""Fields and pictures as tokens on their way through the composer, and as slots at its end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from newsletter_mailer.compose.compiled import HtmlSlot, PictureSlot, TextPiece, UrlPart
from newsletter_mailer.compose.escaping import Context, contexts, escape
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.issue.model import Issue, Template
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.links import ABSENT, LINKS
from newsletter_mailer.settings.newsletter import Settings
from newsletter_mailer.slot_tokens import Token, TokenMint

Meaning = MergeField | UrlPart | PictureSlot

_WEB = ("http://", "https://")


class Slots:
    """The tokens of one issue, and the pictures that were asked for."""

    def __init__(
        self,
        issue: Issue,
        template: Template,
        settings: Settings,
        content_hash: str,
    ) -> None:
        self.pictures: dict[str, Picture] = {}  #: by the key of their slots
        self._subject = issue.subject
        self._template_file = template.page.file
        self._sources = dict(reversed([*issue.merge_fields()]))
        self.mint = _mint(content_hash, [*_texts(issue, template)])
        self._constants = {
            **{("newsletter", name): text for name, text in settings.merge_fields.items()},
            ("issue", "id"): issue.id,
            ("issue", "date"): Moment(issue.date).date_text,
        }

    def links(self) -> dict[str, str | None]:
        """The message's links by the names that templates know; None where there is none."""
        return {**dict.fromkeys(ABSENT), **{link.name: self.link(link.field) for link in LINKS}}

    def link(self, field: str) -> str:
        """By the name that writers know."""
        return self.mint.token(MergeField("link", field))

    def words(self, text: MergeText) -> str:
        """The text with a token in place of each field."""
        return "".join(
            piece if isinstance(piece, str) else self._word(piece) for piece in text.pieces
        )

    def _word(self, field: MergeField) -> str:
        if (field.namespace, field.name) == ("issue", "subject"):
            return self.words(self._subject)
        return self.mint.token(field)

    def picture(self, picture: Picture, alt: str) -> dict[str, str | int]:
        """What a template gets of a picture."""
        key = picture_key(picture)
        self.pictures[key] = picture
        return {
            "src": self.mint.token(PictureSlot(key)),
            "alt": alt,
            "width": picture.width,
            "height": picture.height,
        }

    def address(self, target: str) -> str:
        """A link's target (tokens in it) as it stands in plain text: fields percent-encoded."""
        if not target.lower().startswith(_WEB):
            return target
        return "".join(
            self.mint.token(UrlPart(piece.meaning))
            if isinstance(piece, Token) and isinstance(piece.meaning, MergeField)
            else piece
            if isinstance(piece, str)
            else self.mint.token(piece.meaning)
            for piece in self.mint.split(target)
        )

    def in_page(self, page: str) -> tuple[tuple[str | HtmlSlot, ...], list[Finding]]:
        """The page's pieces, and a finding for each field where none may stand."""
        page = self._with_constants(page)
        pieces, spans = self._pieces(page)
        found = iter(contexts(page, spans))
        slots: list[str | HtmlSlot] = []
        findings: list[Finding] = []
        for piece in pieces:
            if isinstance(piece, str):
                slots.append(piece)
                continue
            meaning, context = _in_html(piece.meaning), next(found)
            if context.is_refused and isinstance(meaning, MergeField):
                findings.append(self._refused(meaning, context))
            slots.append(HtmlSlot(meaning, context))
        return tuple(slots), findings

    def in_text(self, text: str) -> tuple[TextPiece, ...]:
        """A plain text's pieces; what is the same for every reader is put in."""
        pieces: list[TextPiece] = []
        for piece in self.mint.split(text):
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            meaning, value = piece.meaning, self._constant(piece.meaning)
            if value is not None:
                is_part = isinstance(meaning, UrlPart)
                pieces.append(escape(value, Context.URL_PART) if is_part else value)
            elif not isinstance(meaning, PictureSlot):
                pieces.append(meaning)
        return tuple(piece for piece in pieces if piece)

    def in_line(self, text: MergeText) -> tuple[str | MergeField, ...]:
        """The pieces of a subject or preheader."""
        pieces = self.in_text(self.words(text))
        return tuple(piece for piece in pieces if not isinstance(piece, UrlPart))

    def _with_constants(self, page: str) -> str:
        """The page with what is the same for every reader put in, escaped for its context."""
        pieces, spans = self._pieces(page)
        found = iter(contexts(page, spans))
        parts: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            context, value = next(found), self._constant(piece.meaning)
            if value is None or context is Context.REFUSED_CODE:
                parts.append(self.mint.token(piece.meaning))
            else:
                parts.append(escape(value, context))
        return "".join(parts)

    def _pieces(self, page: str) -> tuple[list[str | Token[Meaning]], list[tuple[int, int]]]:
        pieces = list(self.mint.split(page))
        spans: list[tuple[int, int]] = []
        position = 0
        for piece in pieces:
            length = len(piece if isinstance(piece, str) else self.mint.token(piece.meaning))
            if not isinstance(piece, str):
                spans.append((position, position + length))
            position += length
        return pieces, spans

    def _constant(self, meaning: Meaning) -> str | None:
        """The value that is the same for every reader; None where there is none such."""
        field = _in_html(meaning)
        if isinstance(field, PictureSlot):
            return None
        key = (field.namespace, field.name)
        return self._constants[key] or field.default or "" if key in self._constants else None

    def _refused(self, field: MergeField, context: Context) -> Finding:
        return error(
            "merge-place",
            self._sources.get(field, Source(self._template_file)),
            f"{{{{ {field.label} }}}} stands in {context.value}, "
            "where no reader's value may stand.",
            "Use it in text, after the host of a link, or as a whole link.",
        )


def picture_key(picture: Picture) -> str:
    """What tells a picture from all others: its content and its path."""
    return f"{picture.digest[:32]}-{picture.path}"


def _in_html(meaning: Meaning) -> MergeField | PictureSlot:
    return meaning.field if isinstance(meaning, UrlPart) else meaning


def _mint(content_hash: str, texts: Sequence[str]) -> TokenMint[Meaning]:
    """One whose tokens none of the texts holds by chance."""
    nonce = content_hash[:8]
    mint = TokenMint[Meaning](nonce)
    while any(mint.collides_with(text) for text in texts):
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:8]
        mint = TokenMint(nonce)
    return mint


def _texts(issue: Issue, template: Template) -> Iterator[str]:
    for path, content in (*issue.files.items(), *template.files.items()):
        if not path.endswith((".png", ".jpg", ".jpeg", ".gif")):
            yield content.decode("utf-8", "replace")
