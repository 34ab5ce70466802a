"""A row of a list -> a subscriber, or what is wrong with it. Pure; called once per row."""

from __future__ import annotations

from collections.abc import Callable

from newsletter_mailer.address import BadAddress, canonical, mailbox
from newsletter_mailer.audience.columns import CONTROL, Columns
from newsletter_mailer.audience.list_findings import short
from newsletter_mailer.audience.slugs import Slugs
from newsletter_mailer.audience.source import Row, RowSchema
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error, warning
from newsletter_mailer.lazy_patterns import lazy_pattern

#: Fields that become part of a header: a line break there is never folded.
HEADER_FIELDS = frozenset({"email", "first_name", "last_name"})

_LINE_BREAK = lazy_pattern(r"[\n\r\u2028\u2029]")


class RowReader:
    """Reads the rows of one list; what is wrong goes to `note`."""

    def __init__(
        self,
        columns: Columns,
        place: str,
        schema: RowSchema,
        note: Callable[[Finding], None],
    ) -> None:
        self.columns = columns
        self.place = place
        self.note = note
        self.header_fields = HEADER_FIELDS | schema.header_fields
        at = columns.positions
        self.email_at = at["email"]
        self.region = Slugs("region", schema.regions, at.get("region", -1))
        self.role = Slugs("role", schema.roles, at.get("role", -1))
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
        return Row(f"{self.place}:{line}", "", "", regions, roles, line)

    def bad_address(self, written: str, fault: BadAddress, line: int) -> None:
        if written:
            self.wrong(
                "bad-address",
                line,
                f'"{short(written)}" is not an e-mail address: {fault}.',
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
                    Source(self.place, line),
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
        if not any(CONTROL.search(cell) for cell in cells):
            return True
        self.wrong(
            "control-character",
            line,
            "This row holds a control character.",
            "Type the value again.",
        )
        return False

    def slugs(self, known: Slugs, cells: list[str], line: int) -> str:
        slugs, unknown = known.read(cells)
        for word in unknown:
            self.wrong(
                f"unknown-{known.what}",
                line,
                f'newsletter.toml declares no {known.what} "{short(word)}".',
                did_you_mean(word, known.slugs),
            )
        return slugs

    def wrong(self, rule: str, line: int, message: str, hint: str = "") -> None:
        self.note(error(rule, Source(self.place, line), message, hint))
