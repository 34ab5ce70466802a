"""The links that an issue's sections have, and where each is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.text.written_lines import (
    blanked,
    column_of,
    found_at,
    lines_of,
    placed_tokens,
)
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import FIELD, BodyToken
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Issue, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of the body, or of a field of type url."""

    words: str  #: what the reader sees; empty where the template chooses them
    target: str  #: as written; FIELD of issue/body_tokens.py stands for each merge field
    where: str  #: body, or the field's name
    section: Section
    source: Source


def links_of(issue: Issue) -> Iterator[Link]:
    """Every link of the sections, in order."""
    for section in issue.sections:
        lines = lines_of(issue, section.slug + ".md")
        for name, value in section.fields.items():
            spec = section.kind.fields.get(name)
            if spec is not None and spec.type == "url" and isinstance(value, MergeText):
                words = section.fields.get(f"{name}_text")
                line = section.field_lines.get(name, 1)
                target = blanked(value, FIELD)
                yield Link(
                    words=blanked(words) if isinstance(words, MergeText) else "",
                    target=target,
                    where=name,
                    section=section,
                    source=found_at(section.source.at(line), target.partition(FIELD)[0], lines),
                )
        for token in section.tokens:
            yield from _links(token, section, lines)


def _links(token: BodyToken, section: Section, lines: Sequence[str]) -> Iterator[Link]:
    opened: list[tuple[str, int]] = []
    words: list[str] = []
    before = section.source
    for child, line in placed_tokens(token, section):
        match child.type:
            case "link_open":
                opened.append((child.target, line))
                words = []
            case "link_close":
                target, at = opened.pop()
                shown = "".join(words)
                before = _of_link(section.source.at(at), shown, target, before, lines)
                yield Link(words=shown, target=target, where="body", section=section, source=before)
            case "text" | "code_inline":
                words.append(child.content.replace(FIELD, BLANK))
            case "image":
                words.append(child.content)
            case "softbreak" | "hardbreak":
                words.append("\n")


def _of_link(
    place: Source, shown: str, target: str, before: Source, lines: Sequence[str]
) -> Source:
    """Its words, or else its target, behind the link `before`: both may have the same words."""
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    begin = before.column - 1 + before.width if before.line == place.line and before.column else 0
    words = shown.strip().split("\n")[0]
    for written, skipped in ((f"[{words}", 1), (words, 0), (target, 0)):
        column = column_of(line, written, 0, begin)
        if written[skipped:] and column >= 0:
            return place.at(place.line, column + skipped + 1, len(written) - skipped)
    return place
