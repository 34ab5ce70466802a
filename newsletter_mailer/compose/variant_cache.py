"""Variants composed before: nothing of them is rendered, compiled or inlined again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsletter_mailer.compose import inline
from newsletter_mailer.compose.compiled import (
    CompiledVariant,
    HtmlSlot,
    PictureSlot,
    TextPiece,
    UrlPart,
)
from newsletter_mailer.compose.escaping import Context
from newsletter_mailer.compose.kept_slots import as_json, from_json, pictures_by_key
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.issue.model import Template
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.text_cache import Cache, a_text, kept_or_made, key_of


class VariantCache:
    """The variants of an issue, by its content hash: of all that readers see."""

    def __init__(
        self, cache: Cache, template: Template, content_hash: str, *, marked: bool
    ) -> None:
        self._cache, self._template = cache, template
        self._content_hash, self._is_marked = content_hash, marked

    def compiled(
        self, variant: Variant, compose: Callable[[], CompiledVariant | None]
    ) -> CompiledVariant | None:
        """What was kept of such a variant, or what `compose` makes of it."""
        return kept_or_made(
            self._cache,
            self._key(variant),
            read=lambda written: self._from_json(written, variant),
            make=compose,
            write=_as_json,
        )

    def _key(self, variant: Variant) -> str:
        # Marks name lines, of which the content hash says nothing.
        lines = [f"{one.source.file}:{one.body_line}:{one.body.lines}" for one in variant.sections]
        return key_of(
            *("variant", inline.INLINED_BY, self._content_hash, *variant.slugs),
            *(["marked", *lines] if self._is_marked else ()),
        )

    def _from_json(self, written: object, variant: Variant) -> CompiledVariant:
        """Raises ValueError, LookupError."""
        match written:
            case [[*html], [*text], [*subject], [*preheader], [*shown]]:
                pictures = pictures_by_key(self._template, variant.sections)
                return CompiledVariant(
                    variant=variant,
                    html=tuple(map(_html_piece, html)),
                    text=tuple(map(_text_piece, text)),
                    subject=tuple(map(_line_piece, subject)),
                    preheader=tuple(map(_line_piece, preheader)),
                    pictures={key: pictures[key] for key in map(a_text, shown)},
                )
        raise ValueError("not a composed variant")


def _as_json(made: CompiledVariant | None) -> object:
    if made is None:
        return None
    html = [
        one if isinstance(one, str) else [one.context.name, as_json(one.meaning)]
        for one in made.html
    ]
    texts = [_pieces(one) for one in (made.text, made.subject, made.preheader)]
    return [html, *texts, [*made.pictures]]


def _pieces(text: Sequence[TextPiece]) -> list[str | list[str | None]]:
    return [one if isinstance(one, str) else as_json(one) for one in text]


def _html_piece(written: object) -> str | HtmlSlot:
    """Raises ValueError, LookupError."""
    match written:
        case str():
            return written
        case [str(context), meaning]:
            found = from_json(meaning)
            if not isinstance(found, UrlPart):
                return HtmlSlot(found, Context[context])
    raise ValueError("not a piece of a page")


def _text_piece(written: object) -> TextPiece:
    """Raises ValueError."""
    found = written if isinstance(written, str) else from_json(written)
    if isinstance(found, PictureSlot):
        raise ValueError("a picture in a text")
    return found


def _line_piece(written: object) -> str | MergeField:
    """Raises ValueError."""
    found = _text_piece(written)
    if isinstance(found, UrlPart):
        raise ValueError("a part of a link in a line")
    return found
