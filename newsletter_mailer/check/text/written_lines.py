"""The lines of the writer's files, and where words stand in them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import BodyToken
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Issue, Section
from newsletter_mailer.lazy_patterns import lazy_pattern

#: What is no word of the passage: where a link or picture leads, and a merge field, or its
#: beginning or end where it stands on several lines.
_NO_WORDS = lazy_pattern(r"(?<=\]\()[^\s()]+|\{\{.*?(?:\}\}|$)|^[^{}]*\}\}")


def lines_of(issue: Issue, name: str) -> list[str]:
    """Of a file in the issue's folder, by its name; one empty line if there is none."""
    return issue.files.get(name, b"").decode("utf-8", "replace").split("\n")


def blanked(text: MergeText, blank: str = BLANK) -> str:
    """As it is written, with `blank` for each merge field."""
    return "".join(piece if isinstance(piece, str) else blank for piece in text.pieces)


def placed_tokens(token: BodyToken, section: Section) -> Iterator[tuple[BodyToken, int]]:
    """The inline tokens of a block with their lines in the file."""
    return ((child, section.body_line + child.line) for child in token.children)


def found_at(place: Source, words: str, lines: Sequence[str]) -> Source:
    """The place with its column, where the words stand in its line as they are."""
    if not words or not 0 < place.line <= len(lines):
        return place
    column = column_of(lines[place.line - 1], words, 0)
    return place.at(place.line, column + 1, len(words) if column >= 0 else 0)


def column_of(line: str, words: str, nth: int, begin: int = 0) -> int:
    """Where the words stand in the line for the `nth` time (from 0); -1 if they do not."""
    places = columns_of(line, words)
    at = bisect_left(places, begin) + nth
    return places[at] if at < len(places) else -1


@lru_cache(maxsize=8)
def words_only(line: str) -> str:
    """The line with BLANK for what a passage does not have; as long as before."""
    return _NO_WORDS.sub(lambda found: BLANK * len(found[0]), line)


@lru_cache(maxsize=8)
def columns_of(line: str, words: str) -> Sequence[int]:
    """Every column where the words begin. Kept: a line may have a hundred thousand faults."""
    places = array("L")
    column = line.find(words)
    while column >= 0:
        places.append(column)
        column = line.find(words, column + 1)
    return places
