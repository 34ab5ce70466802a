"""A section's text -> Section: front matter held against its kind, the Markdown looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from urllib.parse import unquote

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error, warning
from newsletter_mailer.issue.body_tokens import FIELD, BodyToken
from newsletter_mailer.issue.front_matter import read_front_matter
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.issue.section_body import read_body
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
    body = read_body(front.body, reader.source.at(front.body_line), cache)
    reader.findings.extend(body.findings)
    pictures = _body_pictures(reader, body.tokens)
    section = Section(
        slug=file.rpartition("/")[2].removesuffix(".md"),
        kind=kind,
        title=reader.title(kind),
        body=body.text,
        body_line=front.body_line,
        tokens=body.tokens,
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


def _body_pictures(reader: FieldReader, tokens: Sequence[BodyToken]) -> dict[str, Picture]:
    """By their paths as they stand there."""
    pictures: dict[str, Picture] = {}
    for child in (child for token in tokens for child in token.children):
        path = child.target
        if child.type != "image" or path in pictures:
            continue
        place = reader.source.at(reader.front.body_line + child.line)
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
