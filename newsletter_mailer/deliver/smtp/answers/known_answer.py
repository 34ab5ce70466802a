"""What mail servers are known to say, and what each means (see answers/README.md)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any  # TOML

from newsletter_mailer.deliver.answers.scopes import Alibi, Scope, Then

GAP = "…"
_ENHANCED = re.compile(r"([245X])\.(\d{1,3})\.(\d{1,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """One `[[answer]]`."""

    says: str
    codes: tuple[CodeRange, ...]  #: empty: any
    texts: tuple[re.Pattern[str], ...]  #: empty: the codes alone say it
    scope: Scope
    lasting: bool | None  #: None: as the reply's first digit says
    then: Then | None  #: None: the usual
    alibi: Alibi
    receiver: bool
    means: str
    do: str
    source: str

    def fit(self, reply: str, codes: Iterable[str]) -> int:
        """How well it fits a reply in small letters: 0 not at all, 1 by its codes, else the length
        of the words that stand there.
        """
        if self.codes and not any(code.holds(one) for code in self.codes for one in codes):
            return 0
        if not self.texts:
            return 1
        lengths = (
            len(text.pattern.replace("\\", "").replace(".*", ""))
            for text in self.texts
            if text.search(reply)
        )
        return max(lengths, default=0)


@dataclass(frozen=True, slots=True)
class CodeRange:
    """`550`, `4`, `5.7.60`, `X.7.26`, `5.7.606-5.7.649`."""

    written: str

    def holds(self, code: str) -> bool:
        first, _, last = self.written.partition("-")
        if "." not in first or "." not in code:
            return code.startswith(first) and "." not in code + first
        low, high, given = _parts(first), _parts(last or first), _parts(code)
        if low[0] not in (-1, given[0]):
            return False
        return low[1:] <= given[1:] <= high[1:]


def _parts(code: str) -> tuple[int, int, int]:
    found = _ENHANCED.fullmatch(code)
    if found is None:
        raise ValueError(f"{code} is no enhanced code")
    return (-1 if found[1] == "X" else int(found[1]), int(found[2]), int(found[3]))


def answers_of(text: str) -> list[KnownAnswer]:
    """Of one file. Raises ValueError or KeyError if it is not as README.md says."""
    return [_answer(table) for table in tomllib.loads(text)["answer"]]


def _answer(table: dict[str, Any]) -> KnownAnswer:
    unknown = {*table} - {*KnownAnswer.__slots__}
    if unknown:
        raise ValueError(f"no such field: {', '.join(unknown)}")
    codes = tuple(CodeRange(code) for code in table.get("codes", ()))
    for code in codes:
        code.holds("5.0.0")  # so that one that is none is told here
    return KnownAnswer(
        says=table["says"],
        codes=codes,
        texts=tuple(
            re.compile(".*".join(re.escape(part.strip()) for part in text.split(GAP)))
            for text in table.get("texts", ())
        ),
        scope=Scope(table["scope"]),
        lasting=table.get("lasting"),
        then=Then(table["then"]) if "then" in table else None,
        alibi=Alibi(table.get("alibi", Alibi.RUN)),
        receiver=table.get("receiver", False),
        means=table["means"],
        do=table["do"],
        source=table["source"],
    )
