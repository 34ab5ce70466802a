"""How each merge field is filled over all readers of a run."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter_mailer.audience.census import EXAMPLES
from newsletter_mailer.audience.subscriber import Subscriber
from newsletter_mailer.findings import Source
from newsletter_mailer.plan.suspicious_values import (
    NAMES,
    Suspicion,
    is_suspicious,
    suspicions_among,
)
from newsletter_mailer.plan.variants import Variant

_WEB_ADDRESS = re.compile(r"(?:https?://[^\s/\"<>]+\S*|mailto:\S+|tel:\S+)")


def is_web_address(value: str) -> bool:
    """Whether it can be the whole target of a link: https, http, mailto or tel."""
    return bool(_WEB_ADDRESS.fullmatch(value))


@dataclass(slots=True)
class Examples:
    """How many there are, and the first ten: the value, and where it stands."""

    count: int = 0
    first: list[tuple[str, Source]] = field(default_factory=list)

    def add(self, value: str, file: str, line: int) -> None:
        self.count += 1
        if len(self.first) < EXAMPLES:
            self.first.append((value, Source(file, line)))


@dataclass(slots=True)
class FieldProfile:
    """How a merge field is filled over all readers of this run."""

    blank: dict[str, Examples] = field(default_factory=dict)  #: by the variant of the readers
    not_a_link: int = 0
    not_a_link_at: list[Source] = field(default_factory=list)
    longest: str = ""
    longest_at: Source | None = None
    suspicious: dict[Suspicion, Examples] = field(default_factory=dict)

    def blank_in(self, variants: Iterable[str]) -> Examples:
        """Readers of these variants who have no value."""
        found = [self.blank[variant] for variant in variants if variant in self.blank]
        places = sorted(one for examples in found for one in examples.first)  # all of value ""
        return Examples(sum(examples.count for examples in found), places[:EXAMPLES])

    def note(
        self,
        name: str,
        columns: Mapping[str, Sequence[str]],
        readers: Sequence[Subscriber],
        variants: Sequence[Variant],
    ) -> None:
        """What these readers' values add. `columns`: their values by field."""
        values = columns.get(name) or ("",) * len(readers)
        longest = max(values, key=len, default="")
        if len(longest) > len(self.longest):
            self.longest, self.longest_at = longest, readers[values.index(longest)].source
        missing = values.count("")
        if missing:
            self._note_blank(values, readers, variants)
        joined = "\n".join(values)
        links = 0
        if ":" in joined:
            links = sum(map(is_web_address, values))
        others = len(values) - missing - links
        self.not_a_link += others
        if others and len(self.not_a_link_at) < EXAMPLES:
            wrong = (
                reader.source
                for value, reader in zip(values, readers, strict=True)
                if value and not is_web_address(value)
            )
            self.not_a_link_at += itertools.islice(wrong, EXAMPLES - len(self.not_a_link_at))
        for suspicion in suspicions_among(name, values, joined):
            self._note_suspicious(suspicion, name, columns, readers)

    def _note_blank(
        self,
        values: Sequence[str],
        readers: Sequence[Subscriber],
        variants: Sequence[Variant],
    ) -> None:
        for value, reader, variant in zip(values, readers, variants, strict=True):
            if not value:
                examples = self.blank.get(variant.id)
                if examples is None:
                    examples = self.blank[variant.id] = Examples()
                examples.add(value, reader.place, reader.line)

    def _note_suspicious(
        self,
        suspicion: Suspicion,
        name: str,
        columns: Mapping[str, Sequence[str]],
        readers: Sequence[Subscriber],
    ) -> None:
        nobody = ("",) * len(readers)
        other = NAMES[1 - NAMES.index(name)] if name in NAMES else ""
        others = columns.get(other, nobody)
        for value, other_name, reader in zip(columns[name], others, readers, strict=True):
            if is_suspicious(suspicion, name, value, other_name):
                examples = self.suspicious.setdefault(suspicion, Examples())
                examples.add(value, reader.place, reader.line)
