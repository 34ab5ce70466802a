"""A row of a list -> a subscriber, or what is wrong with it. Pure; called once per row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.findings import Finding, Severity, Source, did_you_mean, error, warning

#: Values are kept joined by this character, which no value may hold (it is a control character).
SEPARATOR = "\x1f"
STANDARD = ("email", "first_name", "last_name", "organisation", "region", "role")
#: Fields that become part of a header: a line break there is never folded.
HEADER_FIELDS = frozenset({"email", "first_name", "last_name"})
SHOWN_PER_LIST = 1_000  #: findings of one list that are named; the rest is counted, by rule

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029]")
MOST_COLUMNS = 500  #: with a name; an export has some dozens
WIDEST = 16_384  #: cells of the first line: as many as Excel has columns
_REMEMBERED = 10_000  #: distinct region or role cells kept per list


class Subscriber(NamedTuple):
    """One person. `cells` are the merge fields that the issue uses, in the order of `fields`."""

    address: str  #: canonical: what makes a person the same
    mailbox: str  #: as mailed
    fields: tuple[str, ...]
    cells: Sequence[str]  #: none for a row whose address is unusable
    regions: frozenset[str]
    roles: frozenset[str]
    lists: frozenset[str]
    file: str
    line: int

    @property
    def values(self) -> dict[str, str]:
        """The merge fields by name."""
        return dict(zip(self.fields, self.cells, strict=False))

    @property
    def source(self) -> Source:
        """Where the first row about this person stands."""
        return Source(self.file, self.line)


class Row(NamedTuple):
    """A row, its sets still joined by ";". An unusable address leaves `mailbox` empty."""

    address: str
    mailbox: str
    values: str  #: joined by SEPARATOR, in the order of the fields asked for
    regions: str
    roles: str
    line: int


class Noted:
    """The findings of one list: the first thousand as they are, the rest counted."""

    def __init__(self) -> None:
        self._named: list[Finding] = []
        self._more: Counter[tuple[str, Severity, str]] = Counter()
        self._last = 1

    def __iter__(self) -> Iterator[Finding]:
        yield from self._named
        for (rule, severity, file), count in self._more.items():
            yield Finding(
                rule=rule,
                severity=severity,
                source=Source(file, self._last),
                message=f"{count:,} more findings of this kind in this list.",
                hint="Mend those above first.",
            )

    def append(self, finding: Finding) -> None:
        if len(self._named) < SHOWN_PER_LIST:
            self._named.append(finding)
        else:
            self._more[finding.rule, finding.severity, finding.source.file] += 1
            self._last = finding.source.line


class Columns:
    """What the header line says, and how a row is read by it."""

    def __init__(self, names: Sequence[str], fields: Sequence[str]) -> None:
        """`fields`: the merge fields that are wanted, in order."""
        self.names = tuple(names)
        self.width = len(self.names)
        self.positions = {name: index for index, name in enumerate(self.names) if name}
        self.values = _picker([self.positions.get(name, -1) for name in fields])


def _picker(positions: Sequence[int]) -> Callable[[Sequence[str]], str]:
    """Takes the cells at these positions (-1: there is none) out of a row, joined."""
    if len(positions) > 1 and min(positions) >= 0:
        pick = itemgetter(*positions)
        return lambda cells: SEPARATOR.join(map(str.strip, pick(cells)))
    return lambda cells: SEPARATOR.join([cells[at].strip() if at >= 0 else "" for at in positions])


def column_name(cell: str) -> str:
    """`First Name` -> `first_name`."""
    return re.sub(r"[\s_-]+", "_", cell.strip(" \t\r\n\xa0\ufeff\u200b").casefold())


def header_findings(cells: Sequence[str], source: Source) -> Iterator[Finding]:
    named = sum(bool(cell.strip()) for cell in cells)
    if named > MOST_COLUMNS or len(cells) > WIDEST:
        yield error(
            "unreadable-list",
            source,
            f"The first line names {named:,} columns in {len(cells):,} cells; a list has at most "
            f"{MOST_COLUMNS} columns, and its lines {WIDEST:,} cells.",
            "Keep the columns that the newsletter uses, and save it again.",
        )
        return
    if any(_CONTROL.search(cell) for cell in cells):
        yield error(
            "control-character",
            source,
            "The line that names the columns holds a control character.",
            "Type the names again.",
        )
        return
    names = [column_name(cell) for cell in cells]
    if "email" not in names:
        shown = ", ".join(cell.strip() for cell in cells if cell.strip())
        like = next((cell.strip() for cell in cells if "mail" in cell.casefold()), "")
        yield error(
            "missing-column",
            source,
            f'The list has no column "email"; its first line reads: {_short(shown)}.',
            f'Did you mean "{_short(like)}"? Name that column "email".'
            if like and "@" not in like
            else f"The first line names the columns: {', '.join(STANDARD)}.",
        )
    for name in sorted(name for name, count in Counter(names).items() if name and count > 1):
        yield error(
            "doubled-column",
            source,
            f'The column "{_short(name)}" stands twice in the first line.',
            "Rename one of the two, or remove it.",
        )


class RowReader:
    """Reads the rows of one list; what is wrong goes to `note`."""

    def __init__(
        self,
        columns: Columns,
        file: str,
        note: Callable[[Finding], None],
        *,
        regions: Mapping[str, str],
        roles: Mapping[str, str],
        header_fields: frozenset[str] = frozenset(),
    ) -> None:
        self.columns = columns
        self.file = file
        self.note = note
        self.header_fields = HEADER_FIELDS | header_fields
        at = columns.positions
        self.email_at = at["email"]
        self.region = _Slugs("region", regions, at.get("region", -1))
        self.role = _Slugs("role", roles, at.get("role", -1))
        # Looked up once, not in each of a million rows.
        self.width, self.values = columns.width, columns.values
        self.region_at, self.role_at = self.region.at, self.role.at
        self.clean_regions, self.clean_roles = self.region.clean, self.role.clean

    def read(self, cells: list[str], line: int) -> Row | None:
        """The row's subscriber; None for an empty row."""
        if len(cells) != self.width:
            self.fit(cells, line)
        if not "".join(cells).isprintable() and not self.clean(cells, line):
            return self.bad_row(cells, line)
        written = cells[self.email_at].strip()
        try:
            mailed = mailbox(written)
        except BadAddress as fault:
            if not written and not any(cell.strip() for cell in cells):
                return None
            self.bad_address(written, fault, line)
            return self.bad_row(cells, line)
        regions = self.clean_regions.get(cells[self.region_at])
        if regions is None:
            regions = self.slugs(self.region, cells, line)
        roles = self.clean_roles.get(cells[self.role_at])
        if roles is None:
            roles = self.slugs(self.role, cells, line)
        return Row(canonical(mailed), mailed, self.values(cells), regions, roles, line)

    def bad_row(self, cells: list[str], line: int) -> Row:
        """Counted as skipped, where the newsletter's settings make the fault a warning."""
        regions, _ = self.region.read(cells)
        roles, _ = self.role.read(cells)
        return Row(f"{self.file}:{line}", "", "", regions, roles, line)

    def bad_address(self, written: str, fault: BadAddress, line: int) -> None:
        if written:
            self.wrong(
                "bad-address",
                line,
                f'"{_short(written)}" is not an e-mail address: {fault}.',
                f"{fault.suggestion} Correct it, or remove the row.".lstrip(),
            )
        else:
            self.wrong(
                "bad-address",
                line,
                "This row has no address.",
                "Fill in the email column, or remove the row.",
            )

    def fit(self, cells: list[str], line: int) -> None:
        """Makes the row as wide as the header."""
        width = self.width
        if any(cell.strip() for cell in cells[width:]):
            self.note(
                warning(
                    "ragged-row",
                    Source(self.file, line),
                    f"This row has {len(cells)} cells, the first line has {width}; "
                    "the last are not read.",
                    "A value that holds the separator needs quotes.",
                )
            )
        del cells[width:]
        cells.extend([""] * (width - len(cells)))

    def clean(self, cells: list[str], line: int) -> bool:
        """Folds line breaks to spaces. False if the row holds what nobody can mean."""
        for index, cell in enumerate(cells):
            if _LINE_BREAK.search(cell):
                name = self.columns.names[index]
                if name in self.header_fields and _LINE_BREAK.search(cell.strip()):
                    self.wrong(
                        "line-break",
                        line,
                        f"The {name} here holds a line break.",
                        "Write it on one line.",
                    )
                cells[index] = _LINE_BREAK.sub(" ", cell.strip().replace("\r\n", " "))
        if not any(_CONTROL.search(cell) for cell in cells):
            return True
        self.wrong(
            "control-character",
            line,
            "This row holds a control character.",
            "Type the value again.",
        )
        return False

    def slugs(self, known: _Slugs, cells: list[str], line: int) -> str:
        slugs, unknown = known.read(cells)
        for word in unknown:
            self.wrong(
                f"unknown-{known.what}",
                line,
                f'newsletter.toml declares no {known.what} "{_short(word)}".',
                did_you_mean(word, known.slugs),
            )
        return slugs

    def wrong(self, rule: str, line: int, message: str, hint: str = "") -> None:
        self.note(error(rule, Source(self.file, line), message, hint))


class _Slugs:
    """Reads cells such as `dudley; Stoke-on-Trent` as slugs."""

    def __init__(self, what: str, known: Mapping[str, str], at: int) -> None:
        self.what = what
        self.at = at  #: the cell's place in a row; -1 if there is none
        self.slugs = tuple(known)
        self.by_word = {_folded(name): slug for slug, name in known.items()}
        self.by_word.update({_folded(slug): slug for slug in known})
        self.clean: dict[str, str] = {}  #: cells met before, that hold no unknown word

    def read(self, cells: list[str]) -> tuple[str, tuple[str, ...]]:
        """The slugs, sorted and joined by ";", and the words that are none."""
        slugs, unknown = self._read(cells[self.at] if self.at >= 0 else "")
        if self.at >= 0 and not unknown and len(self.clean) < _REMEMBERED:
            self.clean[cells[self.at]] = slugs
        return slugs, unknown

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
    straight = word.replace("\u2019", "'").replace("\u2018", "'")  # spreadsheets curl them
    return re.sub(r"[\s_-]+", "-", straight.strip().casefold())


def _short(text: str) -> str:
    """For a message: not too long, and what cannot be seen is written as its number."""
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:80])
    return shown if len(text) <= 80 else f"{shown[:77]}..."
