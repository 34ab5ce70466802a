"""The plain-text part: an issue laid out to be read for pleasure, 78 columns before filling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter_mailer.compose.line_wrapping import COLUMNS, wrapped


@dataclass(frozen=True, slots=True)
class Part:
    """A section's title and its whole text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Sections under one heading, or under none."""

    heading: str | None
    parts: Sequence[Part]


def section_text(
    title: str,
    facts: Sequence[tuple[str, str]],
    links: Sequence[tuple[str, str]],
    body: str,
) -> str:
    """Title, facts in two columns, body (plain text already), links."""
    blocks: list[str] = []
    if title:
        lines = wrapped(title)
        blocks.append(f"{lines}\n{'-' * min(COLUMNS, max(map(len, lines.splitlines())))}")
    if facts:
        width = max(len(label) for label, _ in facts) + 2
        blocks.append(
            "\n".join(
                wrapped(text, first=label.ljust(width), rest=" " * width) for label, text in facts
            )
        )
    if body.strip():
        blocks.append(body)
    if links:
        blocks.append("\n".join(f"{label}: {target}" for label, target in links))
    return "\n\n".join(blocks)


def issue_text(
    *,
    name: str,
    date: str,
    subject: str,
    entries: Sequence[Entry],
    why: str,
    unsubscribe: str,
    postal_address: str,
) -> str:
    """The whole part, ending in a line break."""
    rule = "=" * COLUMNS
    blocks = [f"{rule}\n{wrapped(name.upper())}\n{date}\n{rule}", wrapped(subject)]
    titles = [part.title for entry in entries for part in entry.parts if part.title]
    if len(titles) > 1:
        listed = "\n".join(wrapped(title, first="- ", rest="  ") for title in titles)
        blocks.append(f"In this issue\n\n{listed}")
    for entry in entries:
        if entry.heading:
            blocks.append(
                f"\n{wrapped(entry.heading.upper())}\n{'=' * min(COLUMNS, len(entry.heading))}"
            )
        blocks.extend(f"\n{part.text}" for part in entry.parts)
    footer = [wrapped(why), f"Unsubscribe: {unsubscribe}"]
    if postal_address:
        footer.append("\n".join(line.strip() for line in postal_address.splitlines()))
    return "\n\n".join([*blocks, f"\n{rule}", *footer]) + "\n"
