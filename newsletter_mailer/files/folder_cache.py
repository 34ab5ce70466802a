"""Texts by key in a folder that may be thrown away at any time, for its owner alone.

Two processes may read and write it at once: a text is there whole or not at all. What is damaged,
or cannot be read or written, counts as not there. It is to be trusted no further than the folder:
who can write into that can write anything. The files of others in it stay.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from newsletter_mailer.files.private import make_private_file, make_private_folder

#: The ending tells them from the files of containerd and its kin, named by a digest alone.
_OURS = re.compile(r"[0-9a-f]{64}\.text(?:\.\d+)?")  #: with a number while it is written
_ANY_TEXT = ("utf-8", "surrogatepass")  #: names of files may hold halves of surrogate pairs
_MOST_OCTETS = 32 * 1024 * 1024  #: of the whole folder, before the oldest go


class FolderCache:
    """`scope`: what else a text hangs on beside its key, such as who made it."""

    def __init__(self, folder: Path, scope: str, most: int = _MOST_OCTETS) -> None:
        self._folder, self._scope, self._most = folder, scope, most

    def get(self, key: str) -> str | None:
        """The text that was put under this key, if it is there as it was written."""
        file = self._file(key)
        try:
            if not stat.S_ISREG(file.lstat().st_mode):
                return None  # a pipe would be waited for
            digest, _, text = file.read_bytes().partition(b"\n")
            found = text.decode(*_ANY_TEXT) if digest == _digest(file, text) else None
        except (OSError, UnicodeDecodeError):
            return None
        with suppress(OSError):
            os.utime(file)  # what was asked for last stays
        return found

    def put(self, key: str, text: str) -> None:
        if not self._has_room:
            return
        octets = text.encode(*_ANY_TEXT)
        file = self._file(key)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(OSError):
            make_private_file(new)
            try:
                new.write_bytes(_digest(file, octets) + b"\n" + octets)
                new.replace(file)
            finally:
                new.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        digest = hashlib.sha256(f"{self._scope} {key}".encode()).hexdigest()
        return self._folder / f"{digest}.text"

    @cached_property
    def _has_room(self) -> bool:
        """Once in a process: makes the folder, and takes the oldest half if it is full."""
        try:
            make_private_folder(self._folder)
            self._make_room()
        except OSError:
            return False
        return True

    def _make_room(self) -> None:
        """Raises OSError."""
        with os.scandir(self._folder) as there:
            ours = [
                (one.stat().st_mtime_ns, one.stat().st_size, one.path)
                for one in there
                if _OURS.fullmatch(one.name) and one.is_file(follow_symlinks=False)
            ]
        left = sum(size for _, size, _ in ours)
        if left <= self._most:
            return
        for _, size, path in sorted(ours):
            if left <= self._most // 2:
                break
            with suppress(OSError):  # open elsewhere, which keeps it there on Windows
                Path(path).unlink(missing_ok=True)
                left -= size


def _digest(file: Path, octets: bytes) -> bytes:
    """With the name: one that was copied or renamed holds what another key stands for."""
    return hashlib.sha256(file.name.encode() + b"\n" + octets).hexdigest().encode()
