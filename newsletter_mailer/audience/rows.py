"""A row of a list -> a subscriber, or what is wrong with it. Pure; called once per row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.findings import Finding, Source, did_you_mean, error, warning

#: Values are kept joined by this character, which no value may hold (it is a control character).
SEPARATOR = "\x1f"
STANDARD = ("email", "first_name", "last_name", "organisation", "region", "role")
#: Fields that become part of a header: a line break there is never folded.
HEADER_FIELDS = frozenset({"email", "first_name", "last_name"})

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")
_REMEMBERED = 10_000  #: distinct region or role cells kept per list


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One person. `values` are the merge fields that the issue uses, by name."""

    address: str  #: canonical: what makes a person the same
    mailbox: str  #: as mailed
    values: Mapping[str, str]
    regions: frozenset[str]
    roles: frozenset[str]
    lists: frozenset[str]
    source: Source


@dataclass(frozen=True, slots=True)
class Row:
    """A readable row, its sets still joined by ";"."""

    address: str
    mailbox: str
    values: str  #: joined by SEPARATOR, in the order of the fields asked for
    regions: str
    roles: str
    line: int
    bad: bool = False


class Columns:
    """What the header line says, and how a row is read by it."""

    def __init__(self, names: Sequence[str], fields: Sequence[str]) -> None:
        """`fields`: the merge fields that are wanted, in order."""
        self.names = tuple(names)
        self.positions = {name: index for index, name in enumerate(self.names) if name}
        self.fields = tuple(fields)
        self.field_positions = [self.positions.get(name, -1) for name in fields]

    @property
    def width(self) -> int:
        return len(self.names)


def column_name(cell: str) -> str:
    """`First Name` -> `first_name`."""
    return re.sub(r"[\s_-]+", "_", cell.strip().casefold())


def header_findings(cells: Sequence[str], source: Source) -> Iterator[Finding]:
    names = [column_name(cell) for cell in cells]
    if "email" not in names:
        shown = ", ".join(cell.strip() for cell in cells if cell.strip())[:80]
        yield error(
            "missing-column",
            source,
            f'The list has no column "email"; its first line reads: {shown}.',
            "The first line names the columns: email, first_name, last_name, organisation, "
            "region, role.",
        )
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        yield error(
            "doubled-column", source, f'The column "{name}" stands twice in the first line.'
        )


class RowReader:
    """Reads the rows of one list; keeps the findings."""

    def __init__(
        self,
        columns: Columns,
        file: str,
        *,
        regions: Mapping[str, str],
        roles: Mapping[str, str],
        header_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.columns = columns
        self.file = file
        self.header_fields = HEADER_FIELDS | header_fields
        self.region = _Slugs("region", regions)
        self.role = _Slugs("role", roles)
        at = columns.positions
        self.email_at = at["email"]
        self.region_at, self.role_at = at.get("region", -1), at.get("role", -1)

    def read(self, cells: list[str], line: int) -> tuple[Row | None, list[Finding]]:
        """The row's subscriber (None for an empty or unusable row) and its findings."""
        findings: list[Finding] = []
        width = self.columns.width
        if len(cells) != width:
            findings.extend(self.fit(cells, line))
        together = "\t".join(cells)
        if _LINE_BREAK.search(together):
            findings.extend(self.fold(cells, line))
        if _CONTROL.search(together):
            return None, [
                *findings,
                self.wrong(
                    "control-character",
                    line,
                    "This row holds a control character.",
                    "Type the value again.",
                ),
            ]
        written = cells[self.email_at].strip()
        if not written:
            if not any(cell.strip() for cell in cells):
                return None, []
            findings.append(
                self.wrong(
                    "bad-address",
                    line,
                    "This row has no address.",
                    "Fill in the email column, or remove the row.",
                )
            )
            return self.bad_row(cells, line), findings
        try:
            mailed = mailbox(written)
        except BadAddress as fault:
            shown = written if len(written) <= 80 else f"{written[:77]}..."
            findings.append(
                self.wrong(
                    "bad-address",
                    line,
                    f'"{shown}" is not an e-mail address: {fault}.',
                    "Correct it, or remove the row.",
                )
            )
            return self.bad_row(cells, line), findings
        regions = self.slugs(self.region, self.region_at, cells, line, findings)
        roles = self.slugs(self.role, self.role_at, cells, line, findings)
        values = SEPARATOR.join(
            [cells[at].strip() if at >= 0 else "" for at in self.columns.field_positions]
        )
        return Row(canonical(mailed), mailed, values, regions, roles, line), findings

    def bad_row(self, cells: list[str], line: int) -> Row:
        """Counted as skipped, where the newsletter's settings make a bad address a warning."""
        ignored: list[Finding] = []
        regions = self.slugs(self.region, self.region_at, cells, line, ignored)
        roles = self.slugs(self.role, self.role_at, cells, line, ignored)
        return Row(f"{self.file}:{line}", "", "", regions, roles, line, bad=True)

    def fit(self, cells: list[str], line: int) -> Iterator[Finding]:
        """Makes the row as wide as the header."""
        width = self.columns.width
        if any(cell.strip() for cell in cells[width:]):
            yield warning(
                "ragged-row",
                Source(self.file, line),
                f"This row has {len(cells)} cells, the first line has {width}; "
                "the last are not read.",
                "A value that holds the separator needs quotes.",
            )
        del cells[width:]
        cells.extend([""] * (width - len(cells)))

    def fold(self, cells: list[str], line: int) -> Iterator[Finding]:
        for index, cell in enumerate(cells):
            if _LINE_BREAK.search(cell):
                name = self.columns.names[index]
                cells[index] = " ".join(cell.split())
                if name in self.header_fields and _LINE_BREAK.search(cell.strip()):
                    yield self.wrong(
                        "line-break",
                        line,
                        f"The {name} here holds a line break.",
                        "Write it on one line.",
                    )

    def slugs(
        self, known: _Slugs, at: int, cells: list[str], line: int, findings: list[Finding]
    ) -> str:
        cell = cells[at] if at >= 0 else ""
        if not cell:
            return ""
        slugs, unknown = known.read(cell)
        findings.extend(
            self.wrong(
                f"unknown-{known.what}",
                line,
                f'newsletter.toml declares no {known.what} "{word[:60]}".',
                did_you_mean(word, known.slugs),
            )
            for word in unknown
        )
        return slugs

    def wrong(self, rule: str, line: int, message: str, hint: str = "") -> Finding:
        return error(rule, Source(self.file, line), message, hint)


class _Slugs:
    """Reads cells such as `dudley; Stoke-on-Trent` as slugs."""

    def __init__(self, what: str, known: Mapping[str, str]) -> None:
        self.what = what
        self.slugs = tuple(known)
        self.by_word = {_folded(name): slug for slug, name in known.items()}
        self.by_word.update({_folded(slug): slug for slug in known})
        self.remembered: dict[str, tuple[str, tuple[str, ...]]] = {}

    def read(self, cell: str) -> tuple[str, tuple[str, ...]]:
        """The slugs, sorted and joined by ";", and the words that are none."""
        found = self.remembered.get(cell)
        if found is None:
            found = self._read(cell)
            if len(self.remembered) < _REMEMBERED:
                self.remembered[cell] = found
        return found

    def _read(self, cell: str) -> tuple[str, tuple[str, ...]]:
        slugs: set[str] = set()
        unknown: list[str] = []
        for word in filter(None, (part.strip() for part in cell.split(";"))):
            folded = _folded(word)
            if folded == "all":
                slugs.update(self.slugs)
            elif folded in self.by_word:
                slugs.add(self.by_word[folded])
            else:
                unknown.append(word)
        return ";".join(sorted(slugs)), tuple(unknown)


def _folded(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip().casefold())
