"""What an issue says in words, with the place of every word in the writer's own file."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from markdown_it.token import Token

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.markdown import FIELD, inline_tokens
from newsletter_mailer.issue.merge import MergeText
from newsletter_mailer.issue.model import Issue, PictureUse, Section
from newsletter_mailer.issue.pictures import Picture

#: Stands in a passage for what are no words of the writer's: a merge field, a piece of code.
BLANK = "\ufffc"

_KEY = re.compile(r"\s*[\w-]+\s*[:=]")
#: Where a link or picture leads, which is no word of the passage.
_TARGET = re.compile(r"(?<=\]\()[^\s()]+")

Block = Literal["line", "paragraph", "heading", "item", "quote", "cell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One paragraph, heading or field, without its Markdown."""

    text: str  #: "\n" where the writer's line ends; BLANK for each merge field and piece of code
    where: str  #: subject, preheader, title, body, or the field's name: place, picture_alt, ...
    block: Block  #: what it is in the body; `line` outside
    section: Section | None  #: None for the subject, the preheader and the groups' headings
    source: Source  #: of its first line
    written: Sequence[str] = field(repr=False)  #: the lines of the file

    def at(self, start: int, end: int | None = None) -> Source:
        """The place of `text[start:end]` in the file; its column where it can be found."""
        line = self.source.line + self.text.count("\n", 0, start)
        words = self.text[start:end].split("\n")[0].strip()
        if not words or not 0 < line <= len(self.written):
            return self.source.at(line)
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", start)
        shown = self.text[first : last if last >= 0 else len(self.text)]
        before = bisect_left(_places(shown, words), start - first)
        written = self.written[line - 1]
        key = _KEY.match(written) if self.block == "line" else None
        begin = key.end() if key else 0
        column = _find(_without_targets(written), words, before, begin)
        if column < 0:  # it looks like a link, and is none: all of it is text
            column = _find(written, words, before, begin)
        return self.source.at(line, column + 1, len(words) if column >= 0 else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of the body, or of a field of type url."""

    words: str  #: what the reader sees; empty where the template chooses them
    target: str  #: as written; FIELD of issue/markdown.py stands for each merge field
    where: str  #: body, or the field's name
    section: Section
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Alt:
    """A picture of the body or of a field, and the words for who does not see it."""

    words: str
    path: str
    where: str
    section: Section
    source: Source  #: of the words
    picture: Picture | None  #: None where it could not be read
    shown: Source  #: where its path is written


def passages_of(issue: Issue) -> Iterator[Passage]:
    """Everything that the issue says in words, in the order of its files."""
    lines = _lines(issue, "issue.toml")
    for where, text in (("subject", issue.subject), ("preheader", issue.preheader)):
        if not text.is_empty:
            place = issue.source.at(min(text.lines))
            yield _line(text, where, None, place, lines)
    for kind, heading in issue.groups.items():
        line = next((n for n, text in enumerate(lines, 1) if heading in text and kind in text), 1)
        yield _line(MergeText((heading,), (line,)), kind, None, issue.source.at(line), lines)
    for section in issue.sections:
        yield from _of_section(section, _lines(issue, section.slug + ".md"))


def links_of(issue: Issue) -> Iterator[Link]:
    """Every link of the sections, in order."""
    for section in issue.sections:
        lines = _lines(issue, section.slug + ".md")
        for name, value in section.fields.items():
            spec = section.kind.fields.get(name)
            if spec is not None and spec.type == "url" and isinstance(value, MergeText):
                words = section.fields.get(f"{name}_text")
                line = section.field_lines.get(name, 1)
                target = _blanked(value, FIELD)
                yield Link(
                    words=_blanked(words) if isinstance(words, MergeText) else "",
                    target=target,
                    where=name,
                    section=section,
                    source=_found(section.source.at(line), target.partition(FIELD)[0], lines),
                )
        for token in section.tokens:
            yield from _links(token, section, lines)


def alts_of(issue: Issue) -> Iterator[Alt]:
    """Every use of a picture in the sections, in order."""
    for section in issue.sections:
        lines = _lines(issue, section.slug + ".md")
        for name, value in section.fields.items():
            if isinstance(value, PictureUse):
                key = f"{name}_alt" if f"{name}_alt" in section.field_lines else name
                words, path = _blanked(value.alt), value.picture.path
                place = section.source.at(section.field_lines.get(key, 1))
                shown = section.source.at(section.field_lines.get(name, 1))
                yield Alt(
                    words=words,
                    path=path,
                    where=name,
                    section=section,
                    source=_found(place, words, lines),
                    picture=value.picture,
                    shown=_found(shown, path, lines),
                )
        for token in section.tokens:
            for child, line in _placed(token, section):
                if child.type == "image":
                    words = child.content.replace(FIELD, BLANK)
                    path, place = str(child.attrs.get("src", "")), section.source.at(line)
                    yield Alt(
                        words=words,
                        path=path,
                        where="body",
                        section=section,
                        source=_found(place, words, lines),
                        picture=section.pictures.get(path),
                        shown=_found(place, path, lines),
                    )


def _lines(issue: Issue, name: str) -> list[str]:
    return issue.files.get(name, b"").decode("utf-8", "replace").split("\n")


def _line(
    text: MergeText, where: str, section: Section | None, source: Source, lines: Sequence[str]
) -> Passage:
    return Passage(
        text=_blanked(text),
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
            first = section.body_line + (token.map[0] if token.map else 0)
            yield Passage(
                text=_words(token),
                where="body",
                block=_block(blocks),
                section=section,
                source=section.source.at(first),
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


def _words(inline: Token) -> str:
    parts: list[str] = []
    for child in inline.children or []:
        match child.type:
            case "text":
                parts.append(child.content.replace(FIELD, BLANK))
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "code_inline" | "image":
                parts.append(BLANK)
    return "".join(parts)


def _links(token: Token, section: Section, lines: Sequence[str]) -> Iterator[Link]:
    opened: list[tuple[str, int]] = []
    words: list[str] = []
    before = section.source
    for child, line in _placed(token, section):
        match child.type:
            case "link_open":
                opened.append((str(child.attrs.get("href", "")), line))
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


def _placed(token: Token, section: Section) -> Iterator[tuple[Token, int]]:
    """The inline tokens of a block with their lines in the file."""
    return ((child, section.body_line + line) for child, line in inline_tokens(token))


def _blanked(text: MergeText, blank: str = BLANK) -> str:
    return "".join(piece if isinstance(piece, str) else blank for piece in text.pieces)


def _found(place: Source, words: str, lines: Sequence[str]) -> Source:
    """The place with its column, where the words stand in its line as they are."""
    if not words or not 0 < place.line <= len(lines):
        return place
    column = _find(lines[place.line - 1], words, 0)
    return place.at(place.line, column + 1, len(words) if column >= 0 else 0)


def _of_link(
    place: Source, shown: str, target: str, before: Source, lines: Sequence[str]
) -> Source:
    """Its words, or else its target, behind the link `before`: both may have the same words."""
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    begin = before.column - 1 + before.width if before.line == place.line and before.column else 0
    words = shown.strip().split("\n")[0]
    for written, skipped in ((f"[{words}", 1), (words, 0), (target, 0)):
        column = _find(line, written, 0, begin)
        if written[skipped:] and column >= 0:
            return place.at(place.line, column + skipped + 1, len(written) - skipped)
    return place


def _find(line: str, words: str, nth: int, begin: int = 0) -> int:
    """Where the words stand in the line for the `nth` time (from 0); -1 if they do not."""
    places = _places(line, words)
    at = bisect_left(places, begin) + nth
    return places[at] if at < len(places) else -1


@lru_cache(maxsize=8)
def _without_targets(line: str) -> str:
    """As long as before."""
    return _TARGET.sub(lambda target: BLANK * len(target[0]), line)


@lru_cache(maxsize=8)
def _places(line: str, words: str) -> Sequence[int]:
    """Every column where the words begin. Kept: a line may have a hundred thousand faults."""
    places = array("L")
    column = line.find(words)
    while column >= 0:
        places.append(column)
        column = line.find(words, column + 1)
    return places
