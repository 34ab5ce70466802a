"""What is seen of a ledger's file from outside: whether it was replaced, or written into."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from newsletter_mailer.store.sqlite.lock import RENAMES_OPEN_FILES, Identity


class FileState(NamedTuple):
    """Windows tells the time for sure only of a file that is closed, and lets nobody replace one
    that is open: there it is 0.
    """

    device: int
    number: int
    size: int
    changed: int  #: nanoseconds since 1970

    @property
    def identity(self) -> Identity:
        return self.device, self.number


def file_state(path: Path) -> FileState | None:
    """None where there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116  # once per batch
    except OSError:
        return None
    changed = found.st_mtime_ns if RENAMES_OPEN_FILES else 0
    return FileState(found.st_dev, found.st_ino, found.st_size, changed)
