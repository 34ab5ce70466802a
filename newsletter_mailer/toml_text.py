"""A TOML text that a person wrote: its table, what is wrong with it, where a key stands.

`tomllib` tells values, not lines; and it fails in its own ways where a text is nested deeply or a
number is long.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any  # TOML values have no narrower type

from newsletter_mailer.findings import Finding, Source, error

_DEEPEST = 20  #: tables and lists within each other; ours need three
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
#: A key that opens more tables than that. `tomllib` takes hours for one of a megabyte.
_DEEP_KEY = re.compile(
    rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{_DEEPEST},}}+(?P<is_key>[ \t]*[=\]])?", re.ASCII
)
#: TOML 1.0: an integer has 64 bits. Python neither reads nor writes one of 4,300 digits.
_LARGEST = 2**63
#: What ends a statement, and what may hold a bracket or the end of a line without meaning it.
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|"(?:[^"\\\n]|\\.)*"|#[^\n]*|[\[\]{}\n]'''
    r"""|'''.*?'{3,5}|'[^'\n]*'""",
    re.DOTALL,
)
_LONG_NUMBER = re.compile(r"\d[\d_]{18,}", re.ASCII)


def parse_toml(text: str, file: str) -> tuple[dict[str, Any], list[Finding]]:
    """The table, or an empty one and a finding with the line that is broken. Raises nothing.

    A table is at most 20 deep, and its integers have 64 bits, so that each value can be shown.
    """
    for chain in _DEEP_KEY.finditer(text):
        if chain["is_key"]:
            return {}, [_too_deep(file, _line_at(text, chain.start()))]
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(fault))
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        what = re.sub(r" \(at .*\)$", "", str(fault))
        return {}, [
            error(
                "broken-toml",
                Source(file, line),
                f"This is not valid TOML: {what[:1].lower()}{what[1:]}.",
                "Texts stand in double quotes, and every line reads: key = value.",
            )
        ]
    except RecursionError:
        return {}, [_too_deep(file, _line_with_most(text, "[{"))]
    except ValueError:
        number = _LONG_NUMBER.search(text)
        return {}, [_too_long(file, _line_at(text, number.start()) if number else 1)]
    for key, depth, value in _values(table):
        if depth > _DEEPEST:
            return {}, [_too_deep(file, line_of(text, key))]
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            return {}, [_too_long(file, line_of(text, key))]
    return table, []


def as_day(value: object) -> date | None:
    """The day of a TOML date or date-time, as it stands there; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _too_deep(file: str, line: int) -> Finding:
    return error(
        "broken-toml",
        Source(file, line),
        "This TOML is nested too deeply to read.",
        "Remove what was pasted here.",
    )


def _too_long(file: str, line: int) -> Finding:
    return error(
        "broken-toml", Source(file, line), "A number here is too long.", 'Put it in "quotes".'
    )


def _line_at(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _line_with_most(text: str, characters: str) -> int:
    lines = text.split("\n")
    return 1 + max(range(len(lines)), key=lambda at: sum(map(lines[at].count, characters)))


def _values(table: Mapping[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Each value that stands in the table, with the outermost key above it and its depth."""
    left = [(key, 1, value) for key, value in table.items()]
    while left:
        key, depth, value = left.pop()
        yield key, depth, value
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            left.extend((key, depth + 1, one) for one in inner)


def line_of(text: str, *path: str) -> int:
    """The line (from 1) where the key `path` of a valid TOML `text` begins; 1 if there is none."""
    return _lines(text).get(path, 1)


@lru_cache(maxsize=8)
def _lines(text: str) -> Mapping[tuple[str, ...], int]:
    """Where each key begins, by its path; of one that stands in several places, the first."""
    lines: dict[tuple[str, ...], int] = {}
    above: tuple[str, ...] = ()
    for line, statement in _statements(text):
        try:
            paths = [*_paths(tomllib.loads(statement))]
        except (ValueError, RecursionError):
            continue  # broken or too deep, which parse_toml has said
        if statement.lstrip().startswith("["):
            above = ()
        for path in paths:
            lines.setdefault(above + path, line)
        if statement.lstrip().startswith("["):
            above = paths[-1]
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each key with its value, and its first line; blank lines go along."""
    line, first, start, depth = 1, 1, 0, 0
    for found in _TOKEN.finditer(text):
        sign = found[0]
        depth += sign in ("[", "{")
        depth -= sign in ("]", "}")
        line += sign.count("\n")
        if sign == "\n" and depth <= 0:
            yield first, text[start : found.end()]
            first, start, depth = line, found.end(), 0
    yield first, text[start:]


def _paths(table: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Of every key of a table and of those within it, the outer ones first."""
    for key, value in table.items():
        yield (key,)
        inner = value[-1] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from ((key, *path) for path in _paths(inner))
