"""The seam of what `build` writes: a function under `@output` in a module of this package.

    @output("txt")
    def text(edition: ComposedIssue) -> Iterator[OutputFile]:
        ...

Its module is found because it lies here; nothing else names it. The manifest comes last, since it
tells of what all others made.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter_mailer import outputs
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.settings.newsletter import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedIssue:
    """What outputs are made of. Nothing in it hangs on the clock or on who reads."""

    issue: Issue
    settings: Settings
    content_hash: str
    variants: Sequence[CompiledVariant]
    head_counts: Mapping[str, int]  #: readers by the variant's id


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file that an output makes."""

    path: str  #: below the folder of the build, with `/`
    content: bytes
    variant: str = ""  #: id of the variant that it shows; empty: it belongs to the issue as a whole


Output = Callable[[ComposedIssue], Iterator[OutputFile]]  #: pure, and raises nothing

#: What a manifest says of a variant besides its files.
_RESERVED = frozenset({"id", "sections", "subscribers", "html_bytes"})
_REGISTERED: dict[str, Output] = {}


def output(kind: str) -> Callable[[Output], Output]:
    """Registers a function. `kind`: what the manifest calls a variant's file of it, the only one.

    Raises ValueError if that means something else.
    """

    def register(made: Output) -> Output:
        if kind in _RESERVED:
            raise ValueError(f'the manifest has another meaning for "{kind}"')
        if _REGISTERED.setdefault(kind, made) is not made:
            raise ValueError(f'two outputs are called "{kind}"')
        return made

    return register


def all_outputs() -> Mapping[str, Output]:
    """By their kinds, in the order of the alphabet."""
    for module in pkgutil.iter_modules(outputs.__path__):
        importlib.import_module(f"{outputs.__name__}.{module.name}")
    return {kind: _REGISTERED[kind] for kind in sorted(_REGISTERED)}
