"""The pictures that an issue's sections show, with their words and where both are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.text.written_lines import (
    blanked,
    found_at,
    lines_of,
    placed_tokens,
)
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.issue.model import Issue, PictureUse, Section
from newsletter_mailer.issue.pictures import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Alt:
    """A picture of the body or of a field, and the words for who does not see it."""

    words: str
    path: str
    where: str
    section: Section
    source: Source  #: of the words
    picture: Picture | None  #: None where it could not be read
    shown: Source  #: where its path is written


def alts_of(issue: Issue) -> Iterator[Alt]:
    """Every use of a picture in the sections, in order."""
    for section in issue.sections:
        lines = lines_of(issue, section.slug + ".md")
        for name, value in section.fields.items():
            if isinstance(value, PictureUse):
                key = f"{name}_alt" if f"{name}_alt" in section.field_lines else name
                words, path = blanked(value.alt), value.picture.path
                place = section.source.at(section.field_lines.get(key, 1))
                shown = section.source.at(section.field_lines.get(name, 1))
                yield Alt(
                    words=words,
                    path=path,
                    where=name,
                    section=section,
                    source=found_at(place, words, lines),
                    picture=value.picture,
                    shown=found_at(shown, path, lines),
                )
        for token in section.tokens:
            for child, line in placed_tokens(token, section):
                if child.type == "image":
                    words = child.content.replace(FIELD, BLANK)
                    path, place = child.target, section.source.at(line)
                    yield Alt(
                        words=words,
                        path=path,
                        where="body",
                        section=section,
                        source=found_at(place, words, lines),
                        picture=section.pictures.get(path),
                        shown=found_at(place, path, lines),
                    )
