"""Which store keeps a ledger: the scheme of its URL says so.

A new kind of store is a room beside `sqlite/` and a line in `STORES`. Where its senders keep their
journals is its own business: beside SQLite's file, since a person copies, moves and puts back all
of that together, and two projects that share a ledger find each other's; in the project's folder
where the database is no file of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter_mailer.errors import ProjectError
from newsletter_mailer.lazy_patterns import lazy_pattern

if TYPE_CHECKING:
    from newsletter_mailer.store.ledger_store import LedgerStore

USUAL = "sqlite:///.newsletter/ledger.db"
_URL = lazy_pattern(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.IGNORECASE)  # RFC 3986, 3.1
_INSTEAD = "write sqlite:///path/to/ledger.db (relative to the project folder)."


def _sqlite(rest: str, project: Path) -> LedgerStore:
    from newsletter_mailer.store.sqlite.store import sqlite_store

    return sqlite_store(rest, project)


#: By scheme: what finds a ledger by the rest of its URL, and by the project's folder. Raises
#: ValueError for a rest that it does not understand.
STORES: dict[str, Callable[[str, Path], LedgerStore]] = {"sqlite": _sqlite}


def ledger_at(url: str, project: Path) -> LedgerStore:
    """The store of the ledger at this URL; nothing is opened.

    `project`: its folder, which relative paths start from. Raises ProjectError.
    """
    found = _URL.fullmatch(url)
    scheme = found["scheme"].lower() if found else ""
    if found and scheme not in STORES:
        raise ProjectError(
            f"LEDGER_URL begins with {scheme}://, and no ledger can be kept there: {_INSTEAD}"
        )
    try:
        return STORES[scheme](found["rest"] if found else "", project)
    except (KeyError, ValueError):
        raise ProjectError(f"LEDGER_URL is not understood: {_INSTEAD}") from None
