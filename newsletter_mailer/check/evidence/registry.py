"""The seam of what questions need from outside: a kind of evidence, registered by a module here.

    TIDE: Evidence[str] = register(
        Evidence(name="tide", option="--tide", help="Ask when the ship sails.", gather=_gather)
    )

Its module is found because it lies here; nothing else names it but the rules that need it, and
`check` has its option. Such a module loads nothing heavy: it is loaded for `check --help` too.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from newsletter_mailer.check import evidence as room

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter_mailer.check.context.context import CheckContext

Gathered = TypeVar("Gathered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What gathering may use of this computer."""

    root: Path  #: the project's folder
    environment: Mapping[str, str]
    note: Callable[[str], None]  #: tells a person what is being done, or was left out, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Generic[Gathered]):
    """One kind of evidence."""

    name: str
    option: str = ""  #: of `check`, that asks for it; empty: gathered wherever it can be
    help: str = ""  #: what the option does, for `check --help`
    #: None: it is not to be had here. Raises ProjectError for what was asked for and cannot be.
    gather: Callable[[CheckContext, Surroundings], Gathered | None]

    def was_asked_for(self, context: CheckContext) -> bool:
        """Whether it was gathered, or gathering it failed. Waits for it, as `of` does."""
        gathered = context.evidence.get(self.name)
        return gathered is not None and (
            gathered.exception() is not None or gathered.result() is not None
        )

    def of(self, context: CheckContext) -> Gathered | None:
        """What was gathered; None: not asked for, or not to be had here.

        Raises what gathering it raised: so that fails the rules that need it, and no others.
        """
        gathered = context.evidence.get(self.name)
        return (
            None if gathered is None else cast("Gathered | None", gathered.result())
        )  # ours by its name


EVIDENCE: dict[str, Evidence[object]] = {}


def register(evidence: Evidence[Gathered]) -> Evidence[Gathered]:
    """Makes it known. Raises ValueError for a name that is taken, or an option without help."""
    if evidence.name in EVIDENCE:
        raise ValueError(f"There is evidence {evidence.name} already.")
    if evidence.option and not evidence.help:
        raise ValueError(f"What does {evidence.option} do? Evidence {evidence.name} has no help.")
    EVIDENCE[evidence.name] = cast("Evidence[object]", evidence)  # of whatever is gathered
    return evidence


def all_evidence() -> Mapping[str, Evidence[object]]:
    """Every kind by its name, in the order of the modules' names."""
    _load_kinds()
    return EVIDENCE


@cache
def _load_kinds() -> None:
    """Finds the modules of this folder, in a wheel or a zip file too. Its rooms gather."""
    for module in pkgutil.iter_modules(room.__path__):
        if not module.ispkg:
            importlib.import_module(f"{room.__name__}.{module.name}")
