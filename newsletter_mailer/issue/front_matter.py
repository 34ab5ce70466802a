"""Front matter: what a file says of itself, between two lines `---`, before its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.text_cache import OWN, Cache, a_text, kept_or_made, key_of, whole_number

Value = str | list["Value"] | dict[str, "Value"]
#: The values, the line of every key, and what is wrong.
_Table = tuple[dict[str, Value], Mapping[tuple[str, ...], int], list[Finding]]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values, and the line of every key by its path: `("fields", "title")`."""

    values: dict[str, Value]
    lines: Mapping[tuple[str, ...], int]
    body: str = ""
    body_line: int = 1  #: line of the file where `body` begins
    findings: list[Finding] = field(default_factory=list)

    def line(self, *path: str) -> int:
        return self.lines.get(path, 1)


def read_front_matter(text: str, file: str, cache: Cache = OWN) -> FrontMatter:
    """Front matter and body of a file that opens with `---`; faults are findings inside.

    `cache`: of front matters that were read before.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return _broken(
            Source(file),
            "The file does not begin with front matter.",
            "Begin it with a line ---, then kind: and title:, then a line --- again.",
            text,
        )
    closing = next(
        (number for number, line in enumerate(lines) if number and line.rstrip() == "---"), None
    )
    if closing is None:
        return _broken(
            Source(file),
            "The front matter is not closed.",
            "End it with a line that holds only ---.",
        )
    body = "\n".join(lines[closing + 1 :])
    values, keys, findings = _table("\n".join(lines[1:closing]), Source(file, 2), cache)
    return FrontMatter(values, keys, body, closing + 2, findings)


def _table(text: str, source: Source, cache: Cache) -> _Table:
    """`source`: the first line."""

    def read() -> _Table:
        # Loading a reader of YAML takes a twentieth of a build, and what is kept needs none.
        from newsletter_mailer.issue.yaml_table import read_yaml

        table = read_yaml(text, source)
        return table.values, table.lines, table.findings

    key = key_of("front matter", str(source.line), text)
    return kept_or_made(cache, key, read=_from_json, make=read, write=_as_json)


def _as_json(table: _Table) -> object:
    """None where something is wrong: it is told again each time."""
    values, lines, findings = table
    return None if findings else [values, [*lines.items()]]


def _from_json(written: object) -> _Table:
    """Raises ValueError."""
    match written:
        case [dict(values), [*lines]]:
            return {key: _value(one) for key, one in values.items()}, dict(map(_line, lines)), []
    raise ValueError("not front matter")


def _value(written: object) -> Value:
    """Raises ValueError."""
    match written:
        case str():
            return written
        case [*values]:
            return [_value(one) for one in values]
        case dict():
            return {key: _value(one) for key, one in written.items()}
    raise ValueError("not a value of front matter")


def _line(written: object) -> tuple[tuple[str, ...], int]:
    """A path and its line. Raises ValueError."""
    match written:
        case [[*path], line]:
            return tuple(map(a_text, path)), whole_number(line)
    raise ValueError("not the line of a key")


def _broken(source: Source, message: str, hint: str, body: str = "") -> FrontMatter:
    finding = error("front-matter", source, message, hint)
    return FrontMatter({}, {}, body, 1, [finding])
