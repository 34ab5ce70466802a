"""How each merge field is filled over all readers of a run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter_mailer.audience.census import EXAMPLES
from newsletter_mailer.audience.rows import Subscriber
from newsletter_mailer.findings import Source
from newsletter_mailer.plan.oddities import NAMES, Oddity, is_odd, oddities_among

_WEB_ADDRESS = re.compile(r"(?:https?://[^\s/\"<>]+\S*|mailto:\S+|tel:\S+)")


@dataclass(slots=True)
class Examples:
    """How many there are, and the first ten: the value, and where it stands."""

    count: int = 0
    first: list[tuple[str, Source]] = field(default_factory=list)

    def add(self, value: str, reader: Subscriber) -> None:
        self.count += 1
        if len(self.first) < EXAMPLES:
            self.first.append((value, reader.source))


@dataclass(slots=True)
class FieldProfile:
    """How a merge field is filled over all readers of this run."""

    missing: int = 0
    missing_at: list[Source] = field(default_factory=list)  #: the first ten
    not_a_link: int = 0
    not_a_link_at: list[Source] = field(default_factory=list)
    longest: str = ""
    longest_at: Source | None = None
    odd: dict[Oddity, Examples] = field(default_factory=dict)

    def note(
        self, name: str, columns: Mapping[str, Sequence[str]], readers: Sequence[Subscriber]
    ) -> None:
        """What these readers' values add. `columns`: their values by field."""
        values = columns.get(name) or ("",) * len(readers)
        longest = max(values, key=len, default="")
        if len(longest) > len(self.longest):
            self.longest, self.longest_at = longest, readers[values.index(longest)].source
        missing = values.count("")
        self.missing += missing
        if missing and len(self.missing_at) < EXAMPLES:
            blank = (r.source for value, r in zip(values, readers, strict=True) if not value)
            self.missing_at += itertools.islice(blank, EXAMPLES - len(self.missing_at))
        joined = "\n".join(values)
        links = 0
        if ":" in joined:
            links = sum(1 for value in values if _WEB_ADDRESS.fullmatch(value))
        others = len(values) - missing - links
        self.not_a_link += others
        if others and len(self.not_a_link_at) < EXAMPLES:
            wrong = (
                reader.source
                for value, reader in zip(values, readers, strict=True)
                if value and not _WEB_ADDRESS.fullmatch(value)
            )
            self.not_a_link_at += itertools.islice(wrong, EXAMPLES - len(self.not_a_link_at))
        for oddity in oddities_among(name, values, joined):
            self._note_odd(oddity, name, columns, readers)

    def _note_odd(
        self,
        oddity: Oddity,
        name: str,
        columns: Mapping[str, Sequence[str]],
        readers: Sequence[Subscriber],
    ) -> None:
        nobody = ("",) * len(readers)
        other = NAMES[1 - NAMES.index(name)] if name in NAMES else ""
        others = columns.get(other, nobody)
        for value, other_name, reader in zip(columns[name], others, readers, strict=True):
            if is_odd(oddity, name, value, other_name):
                self.odd.setdefault(oddity, Examples()).add(value, reader)
