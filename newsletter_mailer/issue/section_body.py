"""A section's Markdown -> its merge text and its tokens, as they were read before or anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newsletter_mailer.findings import Finding, Source
from newsletter_mailer.issue.body_tokens import BodyToken, token_from_json
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.text_cache import Cache, kept_or_made, key_of


class SectionBody(NamedTuple):
    """`findings`: what is wrong; where brackets are, nothing of it was read."""

    text: MergeText
    tokens: Sequence[BodyToken]
    findings: Sequence[Finding] = ()


def read_body(body: str, place: Source, cache: Cache) -> SectionBody:
    """`place`: where the body begins. `cache`: of bodies that were read before."""
    return kept_or_made(
        cache,
        key_of("body", str(place.line), body),
        read=_from_json,
        make=lambda: _read(body, place, cache),
        write=_as_json,
    )


def _read(body: str, place: Source, cache: Cache) -> SectionBody:
    # Loading a parser of Markdown takes a twentieth of a build, and what is kept needs none.
    from newsletter_mailer.issue.body_findings import bracket_findings, structure_findings
    from newsletter_mailer.issue.body_parser import body_tokens
    from newsletter_mailer.issue.markdown import code_ranges

    findings = [*bracket_findings(body, place)]
    if findings:
        return SectionBody(MergeText(), [], findings)
    literal = code_ranges(body) if "{" in body else []
    text, findings = parse_merge_text(body, place, literal=literal, cache=cache)
    tokens = [*body_tokens(text, place.line)]
    return SectionBody(text, tokens, [*findings, *structure_findings(tokens, place)])


def _as_json(read: SectionBody) -> object:
    """None where something is wrong: it is told again each time."""
    return None if read.findings else [read.text.as_json(), read.text.lines, read.tokens]


def _from_json(written: object) -> SectionBody:
    """Raises ValueError."""
    match written:
        case [text, lines, [*tokens]]:
            return SectionBody(MergeText.from_json(text, lines), [*map(token_from_json, tokens)])
    raise ValueError("not a body that was read")
