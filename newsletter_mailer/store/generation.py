"""Which use of a ledger was its last: what stands outside it, so that an older copy is recognised.

Every use that must not be forgotten is a generation: a number that only grows and a random token,
in the ledger, in a small file beside it, and in the issue's sent.toml. A ledger that lacks one of
which something outside it tells is an older copy, or one of two that both went on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Generation(NamedTuple):
    """The first is number 1. The token tells apart two copies that both went on."""

    number: int
    token: str


NEVER_USED = Generation(0, "")
HIGHEST = 2**53  #: no file that we wrote has a greater number


class Progress(NamedTuple):
    """Of one run. What its ledger and its journal know is as much, or a little more."""

    journal: str  #: the token of the run's journal
    commits: int = 0  #: of claims and outcomes
    marks: int = 0  #: messages that were about to pass the brink


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What is known of a ledger outside it."""

    ledger: str  #: its id
    generation: Generation
    file: str  #: that says so, for a sentence
    issue: str = ""  #: the one that was sent then, if the file is about one
    progress: Progress | None = None  #: of a run that did not end


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A generation, as the ledger has it."""

    generation: Generation
    at: datetime
    what: str  #: send, resolve, suppress, ...
    issue: str = ""


def unknown(
    witnesses: Iterable[Witness], ledger: str, known: Iterable[Generation]
) -> list[Witness]:
    """Those who tell of a use of this ledger that it does not know, the latest first.

    Of several who tell of one, those first who name its issue.
    """
    all_known = {NEVER_USED, *known}
    strange = [one for one in witnesses if one.ledger == ledger and one.generation not in all_known]
    return sorted(strange, key=lambda one: (-one.generation.number, not one.issue))


def in_words(strange: Sequence[Witness], last: Use | None, ledger: str) -> str:
    """Why the ledger, last used so, is not the one that counts. `strange`: not empty."""
    used, latest = last.generation.number if last else 0, strange[0]
    uses = f"use {latest.generation.number}" + (f" ({latest.issue})" if latest.issue else "")
    ends = "was never used" if last is None else f"ends with use {used}, {_told(last)}"
    if latest.generation.number > used:
        return (
            f"The ledger {ledger} is older than {latest.file}: it {ends}, and there {uses} is told."
        )
    return (
        f"Two copies of the ledger {ledger} went on: {latest.file} tells of {uses} that was not "
        f"made with this one, which {ends}."
    )


def _told(use: Use) -> str:
    what = f"{use.what} {use.issue}".strip()
    return f"{what} on {use.at:%d %B %Y at %H:%M} UTC"


def what_to_do(ledger: object, how: str = "") -> str:
    """With a ledger that does not know all. `how` it counts then, as `, without ...`."""
    return (
        "Put the newer ledger back, all files beside it with it. If that one is lost, have this "
        f"one count{how}: {restore_command(ledger)}. Nobody is mailed then of whom it is not known "
        "whether they have the issue."
    )


def restore_command(ledger: object) -> str:
    """What has the ledger in this file count, whatever it does not know. A path may hold blanks."""
    return f'newsletter-mailer ledger restore "{ledger}"'
