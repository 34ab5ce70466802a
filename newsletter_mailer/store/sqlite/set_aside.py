"""A ledger set aside with all that belongs to it: a log that stays would be another ledger's."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from newsletter_mailer.store.sqlite.generation_file import generation_file
from newsletter_mailer.store.sqlite.journals import journals_of


def set_aside(ledger: Path, now: datetime, *, with_generation: bool = False) -> Path:
    """Its new path; the ledger's own file goes last, and may be missing.

    `with_generation`: also the file that says which use was the last. Raises OSError; then all is
    where it was.
    """
    kept = ledger.with_name(f"{ledger.name}.{now:%Y%m%d-%H%M%S-%f}")
    beside = [ledger.with_name(f"{ledger.name}{ending}") for ending in ("-wal", "-shm")]
    beside += journals_of(ledger)
    if with_generation:
        beside.append(generation_file(ledger))
    with ExitStack() as back:
        for one in [*beside, ledger]:
            if one.exists():
                new = one.rename(ledger.with_name(f"{kept.name}{one.name[len(ledger.name) :]}"))
                back.callback(new.rename, one)
        back.pop_all()
    return kept
