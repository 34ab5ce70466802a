"""Where an issue names the fields of its readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.issue.model import Issue, PictureUse, Section
from newsletter_mailer.plan.profile import FieldProfile

_WORDS = 4  #: shown to either side of a field


class FieldUse(NamedTuple):
    """A `{{ subscriber.FIELD }}` in its text."""

    field: MergeField
    text: MergeText
    at: int  #: which piece of the text
    section: Section | None  #: None in the subject and the preheader
    source: Source  #: its column, where that can be told

    @property
    def before(self) -> str:
        """The words before it; another field counts as a word."""
        return self._beside(self.at - 1)

    @property
    def after(self) -> str:
        return self._beside(self.at + 1)

    @property
    def around(self) -> str:
        """A few words of its line, as they read where it has no value."""
        before = self.before.rpartition("\n")[2].split(" ")[-_WORDS:]
        after = self.after.partition("\n")[0].split(" ")[:_WORDS]
        return f"{' '.join(before)}{' '.join(after)}".strip()

    def _beside(self, at: int) -> str:
        if not 0 <= at < len(self.text.pieces):
            return ""
        piece = self.text.pieces[at]
        return piece if isinstance(piece, str) else "x"


class FieldValues(NamedTuple):
    """The values that a reader's field has in the lists, over all readers."""

    name: str
    profile: FieldProfile


def fields_of(issue: Issue) -> Iterator[FieldUse]:
    """Every use of a reader's field, in the order of the files."""
    for line in (issue.subject, issue.preheader):
        yield from _uses(line, None, issue.source, _lines(issue, "issue.toml"))
    for section in issue.sections:
        lines = _lines(issue, f"{section.slug}.md")
        for value in (section.title, section.body, *section.fields.values()):
            text = value.alt if isinstance(value, PictureUse) else value
            if isinstance(text, MergeText):
                yield from _uses(text, section, section.source, lines)


def _uses(
    text: MergeText, section: Section | None, source: Source, lines: list[str]
) -> Iterator[FieldUse]:
    met: list[tuple[str, int]] = []
    for at, (piece, line) in enumerate(zip(text.pieces, text.lines, strict=True)):
        if isinstance(piece, MergeField) and piece.namespace == "subscriber":
            place = (piece.label, line)
            yield FieldUse(piece, text, at, section, _found(source, lines, place, met.count(place)))
            met.append(place)


def _found(source: Source, lines: list[str], place: tuple[str, int], nth: int) -> Source:
    """Where a field stands in its line for the `nth` time (from 0)."""
    label, line = place
    if not 0 < line <= len(lines):
        return source.at(line)
    written = re.compile(r"\{\{-?\s*" + re.escape(label) + r"\b.*?(?:\}\}|$)")
    found = [*written.finditer(lines[line - 1])]
    if nth >= len(found):
        return source.at(line)
    return source.at(line, found[nth].start() + 1, len(found[nth][0]))


def _lines(issue: Issue, name: str) -> list[str]:
    return issue.files.get(name, b"").decode("utf-8", "replace").split("\n")
