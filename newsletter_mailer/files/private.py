"""Files and folders that hold people's addresses: for their owner alone, where POSIX has that.

Windows has no such modes: there a file inherits who may read it from its folder, and a user's own
folders are the user's.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

_FILE, _FOLDER = 0o600, 0o700


def narrowed(mode: int) -> int:
    """Permission bits without others', and without the group's unless it may write.

    A group that may write shares the file on purpose; one that only reads stands there by a
    umask of 022.
    """
    return mode & 0o770 if mode & stat.S_IWGRP else mode & 0o700


def is_open_to_others(file: Path) -> bool:
    """Never on Windows. Raises OSError."""
    mode = stat.S_IMODE(file.stat().st_mode)
    return os.name == "posix" and narrowed(mode) != mode


def make_private_folder(folder: Path) -> None:
    """With the folders above it that are missing; one that is there stays as it is.

    Raises OSError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(_FOLDER, exist_ok=True)
    folder.mkdir(exist_ok=True)  # a file of that name is told


def make_private_file(file: Path) -> None:
    """An empty one. Raises FileExistsError if there is one, OSError."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))


def keep_private(file: Path) -> None:
    """Makes an empty file, or narrows the one that is there. Raises OSError."""
    try:
        make_private_file(file)
    except FileExistsError:
        if file.is_file():  # not /dev/stdout, not a folder
            narrow(file)


def narrow(path: Path) -> None:
    """A file or folder of ours is nobody else's to read from now on. Raises OSError."""
    if os.name != "posix" or not path.exists():
        return
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == os.geteuid() and narrowed(mode) != mode:
        with contextlib.suppress(PermissionError):  # a share without permissions of its own
            path.chmod(narrowed(mode))
