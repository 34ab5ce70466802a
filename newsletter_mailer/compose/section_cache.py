"""Sections rendered before: their Markdown and their kind's files are not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any  # the values handed to a template have no common type

from newsletter_mailer.compose.compiled import PictureSlot
from newsletter_mailer.compose.kept_slots import as_json, from_json, pictures_by_key
from newsletter_mailer.compose.neutral_tokens import HoldsNeutralToken, Neutral
from newsletter_mailer.compose.slots import Meaning, Slots, picture_key
from newsletter_mailer.issue.model import Section, Template
from newsletter_mailer.text_cache import Cache, kept_or_made, key_of


@dataclass(frozen=True, slots=True)
class RenderedTexts:
    """What takes time in a section: tokens are still in all of them."""

    body: str  #: HTML
    mjml: str  #: validated
    text: str  #: for the plain-text part


class SectionCache:
    """The rendered texts of sections, by all that templates are given of them."""

    def __init__(
        self,
        cache: Cache,
        slots: Slots,
        template: Template,
        common: Mapping[str, Any],
        *,
        marked: bool,
    ) -> None:
        self._cache, self._slots, self._template = cache, slots, template
        self._is_marked = marked  #: marks name lines, which say nothing of the content
        #: All but the function that finds pictures, which are told by their digests.
        self._common = repr({name: value for name, value in common.items() if name != "picture"})
        self._files = key_of(
            *(part for file in template.texts.items() for part in file),
            *(picture_key(picture) for picture in template.pictures.values()),
        )

    def rendered(
        self, section: Section, values: Mapping[str, Any], render: Callable[[], RenderedTexts]
    ) -> RenderedTexts:
        """What was kept of such a section, or what `render` makes of it."""
        neutral: Neutral[Meaning] = Neutral(self._slots.mint)
        try:
            key = self._key(section, values, neutral)
        except HoldsNeutralToken:
            return render()
        return kept_or_made(
            self._cache,
            key,
            read=lambda written: self._from_json(written, section),
            make=render,
            write=self._as_json,
        )

    def _key(self, section: Section, values: Mapping[str, Any], neutral: Neutral[Meaning]) -> str:
        """Raises HoldsNeutralToken."""
        shown = [neutral.without_tokens_of_the_issue(text) for text in (self._common, repr(values))]
        pictures = {path: picture_key(picture) for path, picture in section.pictures.items()}
        marks = (
            f"{section.source.file}:{section.body_line}:{section.body.lines}"
            if self._is_marked
            else ""
        )
        return key_of(
            *("section", self._files, *shown, repr(neutral.meanings)),
            *(repr(section.body.pieces), repr(pictures), marks),
        )

    def _as_json(self, made: RenderedTexts) -> object:
        """None where a token cannot be told from an author's text."""
        neutral: Neutral[Meaning] = Neutral(self._slots.mint)
        try:
            texts = [
                neutral.without_tokens_of_the_issue(text)
                for text in (made.body, made.mjml, made.text)
            ]
        except HoldsNeutralToken:
            return None
        return [[as_json(meaning) for meaning in neutral.meanings], *texts]

    def _from_json(self, written: object, section: Section) -> RenderedTexts:
        """Raises ValueError, LookupError."""
        match written:
            case [[*meanings], str(body), str(mjml), str(text)]:
                neutral = self._neutral(map(from_json, meanings), section)
                return RenderedTexts(*map(neutral.with_tokens_of_the_issue, (body, mjml, text)))
        raise ValueError("not a rendered section")

    def _neutral(self, meanings: Iterable[Meaning], section: Section) -> Neutral[Meaning]:
        """Raises ValueError, LookupError."""
        pictures = pictures_by_key(self._template, [section])
        neutral: Neutral[Meaning] = Neutral(self._slots.mint)
        for meaning in meanings:
            if isinstance(meaning, PictureSlot):
                self._slots.pictures[meaning.key] = pictures[meaning.key]
            neutral.know(meaning)
        return neutral
