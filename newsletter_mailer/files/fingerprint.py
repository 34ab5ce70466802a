"""Whether a file is still the one that was read, without reading it again."""

from __future__ import annotations

from pathlib import Path


def file_fingerprint(file: Path) -> tuple[int, int, int] | None:
    """Its size, the time of its last change and its number; None where it cannot be looked at.

    It changes when the file is written or replaced.
    """
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
