"""hunspell's dictionary files without hunspell, read by the package spylls (extra "spelling")."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from spylls.hunspell import Dictionary as Files
from spylls.hunspell.readers import read_aff, read_dic
from spylls.hunspell.readers.file_reader import BaseReader

_ENOUGH = 3  #: suggestions; each further one may take half a second


class Spylls:
    """A dictionary. Takes 0.7 s and 95 MB. Raises OSError, LookupError (its character set)."""

    def __init__(self, path: Path) -> None:
        aff, context = read_aff(_Lines(path.with_suffix(".aff"), "windows-1252"))
        words = _Lines(path.with_suffix(".dic"), context.encoding)
        self._files = Files(aff, read_dic(words, aff=aff, context=context))

    def has(self, word: str) -> bool:
        return bool(self._files.lookup(word))

    def near(self, word: str) -> Sequence[str]:
        return [*islice(self._files.suggest(word), _ENOUGH)]


class _Lines(BaseReader):  # type: ignore[misc]  # spylls has no types
    """The lines of a file. spylls' own reader leaves its files open."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._bytes = path.read_bytes()
        super().__init__(self._read_as(encoding))

    def reset_encoding(self, encoding: str) -> None:
        """The first lines name the character set: the rest is read again in that."""
        self.reset_io(self._read_as(encoding))

    def _read_as(self, encoding: str) -> io.StringIO:
        return io.StringIO(self._bytes.decode(encoding, "surrogateescape"), newline=None)
