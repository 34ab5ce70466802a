"""A file replaced for good: a crash, or a machine that goes down, leaves the old or the new one."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from pathlib import Path

#: Of file systems that know no fsync of a folder, some of them over a network.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)


def replace_file(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Written beside it, renamed, and on the disk when it returns. `mode`: where POSIX has it.

    Raises OSError: the file is as it was, or the disk failed behind it.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        written.chmod(mode)  # mkstemp keeps it to one person
        _put_in_place(written, file)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
    _sync_folder(file.parent)


if os.name == "nt":  # pragma: no cover  # a rename is in NTFS's journal; no folder can be opened

    def _put_in_place(written: Path, file: Path) -> None:
        """Somebody who reads the old file for a moment keeps Windows from replacing it."""
        give_up = time.monotonic() + 2.0
        while True:
            try:
                written.replace(file)
            except PermissionError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.02)
            else:
                return

    def _sync_folder(folder: Path) -> None: ...

else:

    def _put_in_place(written: Path, file: Path) -> None:
        written.replace(file)

    def _sync_folder(folder: Path) -> None:
        """So that the new name is on the disk too (fsync(2), "Calling fsync() does not ...")."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as fault:
            if fault.errno not in _CANNOT_SYNC:
                raise
        finally:
            os.close(descriptor)
