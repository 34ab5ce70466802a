"""Invisible characters: nobody sees them, and they change what is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter_mailer.characters.invisible import SOFT_HYPHEN, Unseen, unseen
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.settings.newsletter import FILE, direction

_MOST_LINES = 20  #: of one file that are named; the rest is counted


@check("unseen-character", Severity.ERROR, guards=True)
def unseen_character(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A character that nobody sees: one that turns words round, or one without width or sign.

    After U+202E an address or an account number is read backwards; www.gov.uk with U+2060 in it is
    another word for every program that compares. They come along with pasted text, by accident or
    on purpose. Looked at is all that is written in issue.toml, the sections and newsletter.toml,
    also as `&#x202E;` or "\\u202e".

    Allowed are U+200C and U+200D, which Persian, Hindi and emoji need; variation selectors and the
    flags of England, Scotland and Wales; and in an issue in a language that is written from right
    to left, the marks U+200E, U+200F and U+061C. A soft hyphen (U+00AD) is a warning: Word and web
    pages put it into long words, where it does no more than let them break, and links are compared
    without it.
    """
    may_mark = direction(context.issue.language) == "rtl"
    told: set[tuple[str, int]] = set()
    for file, text in _files(context):
        lines = [
            (Source(file, number), hidden)
            for number, line in enumerate(text.split("\n"), start=1)
            if (hidden := _hidden(line, may_mark))
        ]
        told |= {(file, source.line) for source, _ in lines}
        for source, hidden in lines[:_MOST_LINES]:
            yield _finding(ask, source, hidden, has_columns=True)
        if len(lines) > _MOST_LINES:
            yield ask.finding(
                lines[_MOST_LINES][0],
                f"{len(lines) - _MOST_LINES:,} more lines hold characters that nobody sees.",
                "Paste the text anew, without its formatting.",
            )
    for source, text in _decoded(context):
        hidden = _hidden(text.replace(BLANK, " "), may_mark)
        if hidden and (source.file, source.line) not in told:
            told.add((source.file, source.line))
            yield _finding(ask, source, hidden)


def _files(context: CheckContext) -> Iterator[tuple[str, str]]:
    """The texts that somebody wrote, as they stand."""
    folder = context.issue.source.file.rpartition("/")[0]
    for name, content in context.issue.files.items():
        if name.endswith((".md", ".toml")):
            yield f"{folder}/{name}", content.decode()
    yield FILE, context.settings.text


def _decoded(context: CheckContext) -> Iterator[tuple[Source, str]]:
    """What the parsers made of the texts: characters may be written as their numbers."""
    for passage in context.passages:
        for at, line in enumerate(passage.text.split("\n")):
            yield passage.source.at(passage.source.line + at), line
    for link in context.links:
        yield link.source, link.target
    for alt in context.alts:
        yield alt.source, alt.words
    for field, source in context.issue.merge_fields():
        yield source, field.default or ""
    settings = context.settings
    for key, value in (("name", settings.name), ("from", settings.sender.name)):
        yield settings.source(key), value


def _hidden(line: str, may_mark: bool) -> list[Unseen]:
    return [one for one in unseen(line) if not (may_mark and one.is_direction_mark)]


def _finding(
    ask: Ask, line: Source, hidden: Sequence[Unseen], *, has_columns: bool = False
) -> Finding:
    """One for a line: the worst that it holds."""
    worst = next((one for one in hidden if one.character != SOFT_HYPHEN), hidden[0])
    more = f", and {len(hidden) - 1} more" if len(hidden) > 1 else ""
    is_harmless = worst.character == SOFT_HYPHEN
    return ask.finding(
        line.at(line.line, worst.at + 1, 1) if has_columns else line,
        f"Here stands a character that nobody sees: {worst.named}{more}.",
        "Delete the word and type it anew."
        if is_harmless
        else "It can make a reader see something else than is written. Delete the words around it "
        "and type them anew; if somebody sent them, ask why.",
        Severity.WARNING if is_harmless else None,
    )
