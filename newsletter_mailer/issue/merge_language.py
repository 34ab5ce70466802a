"""The merge language: `{{ subscriber.first_name | default("colleague") }}` and nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter_mailer.findings import Finding, Source
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.text_cache import OWN, Cache, kept_or_made, key_of


def parse_merge_text(
    text: str,
    source: Source,
    *,
    literal: Sequence[tuple[int, int]] = (),
    cache: Cache = OWN,
) -> tuple[MergeText, list[Finding]]:
    """The text cut at its fields, and a finding for all that is not one.

    `literal`: ranges (start, end) that are left alone, such as Markdown code. `cache`: of texts
    that were cut before.
    """
    if "{" not in text:
        return MergeText((text,), (source.line,)), []
    key = key_of("merge text", str(source.line), repr(literal), text)
    return kept_or_made(
        cache, key, read=_from_json, make=lambda: _cut(text, source, literal), write=_as_json
    )


def _cut(
    text: str, source: Source, literal: Sequence[tuple[int, int]]
) -> tuple[MergeText, list[Finding]]:
    # Loading Jinja2 takes a twentieth of a build, and what is kept needs none.
    from newsletter_mailer.issue.merge_expressions import expressions, merge_field

    masked = _mask(text, literal)
    findings: list[Finding] = []
    pieces: list[str | MergeField] = []
    lines: list[int] = []

    def add(piece: str | MergeField, line: int) -> None:
        pieces.append(piece)
        lines.append(source.line + line)

    position = line = 0
    for start, end in expressions(masked, source, findings):
        if start > position:
            add(text[position:start], line)
        line += text.count("\n", position, start)
        field = merge_field(masked[start:end], source.at(source.line + line), findings)
        if field is not None:
            add(field, line)
        line += text.count("\n", start, end)
        position = end
    if position < len(text):
        add(text[position:], line)
    return MergeText(tuple(pieces), tuple(lines)), findings


def _mask(text: str, literal: Sequence[tuple[int, int]]) -> str:
    """Blanks over the literal ranges; length and line breaks stay."""
    parts: list[str] = []
    position = 0
    for start, end in sorted(literal):
        parts += [text[position:start], re.sub(r"[^\n]", " ", text[start:end])]
        position = end
    return "".join([*parts, text[position:]])


def _as_json(cut: tuple[MergeText, list[Finding]]) -> object:
    """None where something is wrong: it is told again each time."""
    merged, findings = cut
    return None if findings else [merged.as_json(), merged.lines]


def _from_json(written: object) -> tuple[MergeText, list[Finding]]:
    """Raises ValueError."""
    match written:
        case [pieces, lines]:
            return MergeText.from_json(pieces, lines), []
    raise ValueError("not a text that was cut")
