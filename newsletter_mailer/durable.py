"""A file replaced for good: a crash, or a machine that goes down, leaves the old or the new one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Written beside it, renamed, and on the disk when it returns. `mode`: where POSIX has it.

    Raises OSError, and the file is as it was.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        written.chmod(mode)  # mkstemp keeps it to one person
        written.replace(file)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    _sync_folder(file.parent)


if os.name == "nt":  # pragma: no cover  # a rename is in NTFS's journal; no folder can be opened

    def _sync_folder(folder: Path) -> None: ...

else:

    def _sync_folder(folder: Path) -> None:
        """So that the new name is on the disk too (fsync(2), "Calling fsync() does not ...")."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
