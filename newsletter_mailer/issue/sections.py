"""A section's text -> Section: front matter held against its kind, the Markdown looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo
from urllib.parse import unquote

from markdown_it.token import Token

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error, warning
from newsletter_mailer.issue.body_tokens import body_tokens
from newsletter_mailer.issue.front_matter import read_front_matter
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.markdown import (
    FIELD,
    bracket_findings,
    code_ranges,
    inline_tokens,
    structure_findings,
)
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.issue.section_fields import FieldReader, PictureLoader
from newsletter_mailer.text_cache import OWN, Cache


def parse_section(
    text: str,
    file: str,
    *,
    kinds: Mapping[str, Kind],
    regions: Mapping[str, str],
    roles: Mapping[str, str],
    zone: tzinfo,
    load_picture: PictureLoader,
    cache: Cache = OWN,
) -> tuple[Section | None, list[Finding]]:
    """The section in a file's text, and every fault in it. None if it has no known kind.

    `cache`: of what was read before.
    """
    front = read_front_matter(text, file, cache)
    reader = FieldReader(front, Source(file), zone, load_picture, cache)
    if front.findings:
        return None, reader.findings
    kind = _kind(reader, kinds)
    if kind is None:
        return None, reader.findings
    body, tokens, pictures = _body(reader)
    section = Section(
        slug=file.rpartition("/")[2].removesuffix(".md"),
        kind=kind,
        title=reader.title(kind),
        body=body,
        body_line=front.body_line,
        tokens=tokens,
        fields=reader.fields(kind),
        pictures=pictures,
        regions=_slugs(reader, "regions", regions),
        roles=_slugs(reader, "roles", roles),
        ignored=_words(reader, "ignore"),
        source=Source(file),
        field_lines={path[0]: line for path, line in front.lines.items() if len(path) == 1},
    )
    return section, reader.findings


def _kind(reader: FieldReader, kinds: Mapping[str, Kind]) -> Kind | None:
    name = reader.front.values.get("kind", "")
    known = ", ".join(sorted(kinds))
    if not isinstance(name, str) or not name:
        reader.wrong(
            "missing-field",
            "kind",
            "The section does not say its kind.",
            f"Add a line such as kind: story. Known: {known}.",
        )
        return None
    if name not in kinds:
        reader.wrong(
            "unknown-kind",
            "kind",
            f'The template has no kind "{name}".',
            did_you_mean(name, kinds),
        )
        return None
    return kinds[name]


def _body(reader: FieldReader) -> tuple[MergeText, list[Token], dict[str, Picture]]:
    """The Markdown, its tokens, and the pictures in it by their paths as they stand there."""
    body, place = reader.front.body, reader.source.at(reader.front.body_line)
    findings = [*bracket_findings(body, place)]
    if findings:
        reader.findings.extend(findings)
        return MergeText(), [], {}
    literal = code_ranges(body) if "{" in body else []
    text, findings = parse_merge_text(body, place, literal=literal, cache=reader.cache)
    tokens = body_tokens(text, place.line)
    reader.findings.extend([*findings, *structure_findings(tokens, place)])
    return text, tokens, _body_pictures(reader, tokens)


def _body_pictures(reader: FieldReader, tokens: list[Token]) -> dict[str, Picture]:
    pictures: dict[str, Picture] = {}
    for token in tokens:
        for child, line in inline_tokens(token):
            path = str(child.attrs.get("src", ""))
            if child.type != "image" or path in pictures:
                continue
            place = reader.source.at(reader.front.body_line + line)
            if FIELD in path:
                reader.findings.append(
                    error(
                        "merge-place",
                        place,
                        "A merge field stands in the path of a picture.",
                        "Every reader of a section sees the same pictures; make a section "
                        "of its own with regions: or roles: for another one.",
                    )
                )
            elif picture := reader.load(unquote(path), place):
                pictures[path] = picture
    return pictures


def _slugs(reader: FieldReader, key: str, known: Mapping[str, str]) -> frozenset[str]:
    chosen = _words(reader, key)
    if "all" in chosen:
        reader.wrong(
            f"unknown-{key.removesuffix('s')}",
            key,
            f'"all" is no {key.removesuffix("s")}.',
            f"Leave the line {key}: out, and everyone sees the section.",
        )
        return frozenset()
    for slug in sorted(chosen - known.keys()):
        reader.wrong(
            f"unknown-{key.removesuffix('s')}",
            key,
            f'newsletter.toml declares no {key.removesuffix("s")} "{slug}".',
            did_you_mean(slug, known),
        )
    return chosen & known.keys()


def _words(reader: FieldReader, key: str) -> frozenset[str]:
    value = reader.front.values.get(key, [])
    items = re.split(r"[;,]", value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        reader.wrong(
            "front-matter",
            key,
            f'"{key}" is not a list of words.',
            f"Write {key}: [one, another].",
        )
        return frozenset()
    words = frozenset(str(item).strip() for item in items if str(item).strip())
    if key in reader.front.values and not words:
        reader.findings.append(
            warning(
                "empty-target",
                reader.place(key),
                f'"{key}" is empty: everyone is meant.',
                f"Remove the line, or name {key}.",
            )
        )
    return words
