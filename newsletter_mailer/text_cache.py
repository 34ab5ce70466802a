"""Texts that were made before, by the content that they were made of.

Reading and composing are pure: the same program makes the same of the same content. A key is a
digest of all that a text was made of.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Protocol, TypeVar

T = TypeVar("T")

_MOST_CHARACTERS = 32 * 1024 * 1024  #: of texts in memory; an issue's are half a million


class Cache(Protocol):
    """Texts by key. One may be gone at any time; it is then made again."""

    def get(self, key: str) -> str | None:
        """The text that was put under this key, if it is still there."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keeps a text. Raises nothing: what cannot be kept is made again."""
        ...


def key_of(*parts: str) -> str:
    """64 hexadecimal digits: SHA-256 of the parts and their borders.

    Of any parts: the name of a file that is not UTF-8 holds halves of surrogate pairs.
    """
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d " % len(octets))
        digest.update(octets)
    return digest.hexdigest()


def kept_or_made(
    cache: Cache,
    key: str,
    *,
    read: Callable[[object], T],
    make: Callable[[], T],
    write: Callable[[T], object],
) -> T:
    """What is kept under this key; where nothing is, or it is damaged, what `make` makes now.

    `write`: as JSON, to be kept; None for what is not. `read`: from such JSON, whatever its types
    are; raises ValueError or LookupError where it is not what was written.
    """
    kept = cache.get(key)
    if kept is not None:
        with suppress(ValueError, LookupError, RecursionError):  # nested as nothing of ours is
            return read(json.loads(kept))
    made = make()
    written = write(made)
    if written is not None:
        cache.put(key, json.dumps(written))  # ASCII is written in half the time
    return made


def a_text(written: object) -> str:
    """Of JSON. Raises ValueError."""
    if isinstance(written, str):
        return written
    raise ValueError("not a text")


def whole_number(written: object) -> int:
    """Of JSON, where true is none. Raises ValueError."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    raise ValueError("not a whole number")


class Memory:
    """As long as the process lives; what was asked for last stays. Threads may share it."""

    def __init__(self, most: int = _MOST_CHARACTERS) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._most, self._held = most, 0
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
            return text

    def put(self, key: str, text: str) -> None:
        with self._lock:
            self._held += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._held > self._most:
                _, oldest = self._texts.popitem(last=False)
                self._held -= len(oldest)


class Layered:
    """`first` is asked first, and learns what `second` knows."""

    def __init__(self, first: Cache, second: Cache) -> None:
        self._first, self._second = first, second

    def get(self, key: str) -> str | None:
        text = self._first.get(key)
        if text is None:
            text = self._second.get(key)
            if text is not None:
                self._first.put(key, text)
        return text

    def put(self, key: str, text: str) -> None:
        self._first.put(key, text)
        self._second.put(key, text)


#: Of this process: made here, so that what is sent may be made of it.
OWN = Memory()
