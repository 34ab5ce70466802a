"""What an issue says in words, with the place of every word in the writer's own file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Literal

from newsletter_mailer.check.dates.date_mention import DateMention
from newsletter_mailer.check.dates.english_dates import dates_in
from newsletter_mailer.check.dates.english_times import TimeMention, likely_times
from newsletter_mailer.check.english.words import BLANK, Word, words_of
from newsletter_mailer.check.text.written_lines import (
    blanked,
    column_of,
    columns_of,
    lines_of,
    words_only,
)
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import FIELD, BodyToken
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Issue, Section
from newsletter_mailer.lazy_patterns import lazy_pattern

_KEY = lazy_pattern(r"\s*[\w-]+\s*[:=]")

Block = Literal["line", "paragraph", "heading", "item", "quote", "cell"]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One paragraph, heading or field, without its Markdown."""

    text: str  #: "\n" where the writer's line ends; BLANK for each merge field and piece of code
    where: str  #: subject, preheader, title, body, or the field's name: place, picture_alt, ...
    block: Block  #: what it is in the body; `line` outside
    section: Section | None  #: None for the subject, the preheader and the groups' headings
    source: Source  #: of its first line
    written: Sequence[str] = field(repr=False)  #: the lines of the file

    @cached_property
    def dates(self) -> tuple[DateMention, ...]:
        """The dates in it, in order, as English text has them."""
        return dates_in(self.text, self.times)

    @cached_property
    def times(self) -> tuple[TimeMention, ...]:
        """The times of day in it, in order, also those that are times beside a date only."""
        return likely_times(self.text)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Those that a dictionary may have, in order."""
        return tuple(words_of(self.text))

    @cached_property
    def _lines(self) -> Sequence[str]:
        return self.text.split("\n")

    @cached_property
    def _line_starts(self) -> Sequence[int]:
        return [*accumulate((len(line) + 1 for line in self._lines[:-1]), initial=0)]

    def at(self, start: int, end: int | None = None) -> Source:
        """The place of `text[start:end]` in the file; its column where it can be found."""
        number = bisect_right(self._line_starts, start) - 1
        line = self.source.line + number
        words = self.text[start:end].split("\n")[0].strip()
        if not words or not 0 < line <= len(self.written):
            return self.source.at(line)
        column_in_text = start - self._line_starts[number]
        before = bisect_left(columns_of(self._lines[number], words), column_in_text)
        written = self.written[line - 1]
        key = _KEY.match(written) if self.block == "line" else None
        begin = key.end() if key else 0
        column = column_of(words_only(written), words, before, begin)
        if column < 0:  # it looks like a link or field, and is none: all of it is text
            column = column_of(written, words, before, begin)
        return self.source.at(line, column + 1, len(words) if column >= 0 else 0)


def passages_of(issue: Issue) -> Iterator[Passage]:
    """Everything that the issue says in words, in the order of its files."""
    lines = lines_of(issue, "issue.toml")
    for where, text in (("subject", issue.subject), ("preheader", issue.preheader)):
        if not text.is_empty:
            place = issue.source.at(min(text.lines))
            yield _line(text, where, None, place, lines)
    for kind, heading in issue.groups.items():
        line = next((n for n, text in enumerate(lines, 1) if heading in text and kind in text), 1)
        yield _line(MergeText((heading,), (line,)), kind, None, issue.source.at(line), lines)
    for section in issue.sections:
        yield from _of_section(section, lines_of(issue, section.slug + ".md"))


def _line(
    text: MergeText, where: str, section: Section | None, source: Source, lines: Sequence[str]
) -> Passage:
    return Passage(
        text=blanked(text),
        where=where,
        block="line",
        section=section,
        source=source,
        written=lines,
    )


def _of_section(section: Section, lines: Sequence[str]) -> Iterator[Passage]:
    values: Mapping[str, object] = {"title": section.title, **section.fields}
    for name, value in values.items():
        spec = section.kind.fields.get(name)
        is_words = spec is None or spec.type == "text"
        if isinstance(value, MergeText) and not value.is_empty and is_words:
            place = section.source.at(section.field_lines.get(name, 1))
            yield _line(value, name, section, place, lines)
    blocks: list[Block] = []
    for token in section.tokens:
        if token.type in _BLOCKS:
            blocks.append(_BLOCKS[token.type])
        elif token.nesting == -1 and token.type.removesuffix("_close") + "_open" in _BLOCKS:
            blocks.pop()
        elif token.type == "inline":
            yield Passage(
                text=_words(token),
                where="body",
                block=_block(blocks),
                section=section,
                source=section.source.at(section.body_line + token.line),
                written=lines,
            )


_BLOCKS: dict[str, Block] = {
    "heading_open": "heading",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "paragraph_open": "paragraph",
}


def _block(open_blocks: Sequence[Block]) -> Block:
    """The innermost that says more than "paragraph"."""
    telling = [block for block in open_blocks if block != "paragraph"]
    return telling[-1] if telling else "paragraph"


def _words(inline: BodyToken) -> str:
    """With a line break for each that the writer has in it."""
    parts: list[str] = []
    reached = inline.line
    for child in inline.children:
        parts.append("\n" * (child.line - reached))
        reached = child.line
        match child.type:
            case "text":
                parts.append(child.content.replace(FIELD, BLANK))
                reached += child.content.count("\n")
            case "code_inline" | "image":
                parts.append(BLANK)
    return "".join(parts)
