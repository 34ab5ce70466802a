"""What slots stand for, as it is kept: in JSON, and pictures by their keys alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newsletter_mailer.compose.compiled import PictureSlot, UrlPart
from newsletter_mailer.compose.slots import Meaning, picture_key
from newsletter_mailer.issue.merge_text import MergeField
from newsletter_mailer.issue.model import PictureUse, Section, Template
from newsletter_mailer.issue.pictures import Picture


def as_json(meaning: Meaning) -> list[str | None]:
    match meaning:
        case PictureSlot(key=key):
            return ["picture", key]
        case UrlPart(field=field):
            return ["url", *field.as_json()]
        case MergeField():
            return ["field", *meaning.as_json()]


def from_json(written: object) -> Meaning:
    """Raises ValueError."""
    match written:
        case ["picture", str(key)]:
            return PictureSlot(key)
        case ["url", *field]:
            return UrlPart(MergeField.from_json(field))
        case ["field", *field]:
            return MergeField.from_json(field)
    raise ValueError("not a slot")


def pictures_by_key(template: Template, sections: Iterable[Section]) -> dict[str, Picture]:
    """All that these sections can show."""
    return {picture_key(picture): picture for picture in _pictures(template, sections)}


def _pictures(template: Template, sections: Iterable[Section]) -> Iterator[Picture]:
    yield from template.pictures.values()
    for section in sections:
        yield from section.pictures.values()
        for value in section.fields.values():
            if isinstance(value, PictureUse):
                yield value.picture
