"""Where the journals of a ledger's senders are: beside its file."""

from __future__ import annotations

import re
from pathlib import Path


def journal_path(ledger: Path, token: str) -> Path:
    return ledger.with_name(f"{ledger.name}.{token}.journal")


def journals_of(ledger: Path) -> list[Path]:
    """Not those of a ledger that was set aside, whose name begins alike."""
    name = re.compile(rf"{re.escape(ledger.name)}\.[0-9a-f]+\.journal")
    try:
        return sorted(one for one in ledger.parent.iterdir() if name.fullmatch(one.name))
    except FileNotFoundError:
        return []
