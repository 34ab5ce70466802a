"""Which addresses were met before, in some 30 octets each (a Python set takes 134)."""

from __future__ import annotations

from array import array

_FULL = 0.6  #: of the slots, before their number doubles


class Known:
    """Numbers texts from 0 in the order in which they are first met.

    It keeps 128 bits of hash instead of the text: that two of a million differ and yet look the
    same has a chance of 1 to 10^26, and Python draws the hash's key anew in each process.
    """

    def __init__(self) -> None:
        self._hashes = array("q")
        self._checks = array("q")
        self._resize(1 << 16)

    def __len__(self) -> int:
        return len(self._hashes)

    def number(self, text: str) -> int:
        """Its number. It is new if that is what `len` was before."""
        hashed = hash(text)
        check = hash(text + "\0")
        slots, mask, hashes = self._slots, self._mask, self._hashes
        at = hashed & mask
        while taken := slots[at]:
            if hashes[taken - 1] == hashed and self._checks[taken - 1] == check:
                return taken - 1
            at = (at + 1) & mask
        hashes.append(hashed)
        self._checks.append(check)
        count = slots[at] = len(hashes)
        if count > self._limit:
            self._resize(2 * len(slots))
        return count - 1

    def _resize(self, size: int) -> None:
        """`size` is a power of 2."""
        slots = array("I", bytes(4 * size))
        mask = size - 1
        for number, hashed in enumerate(self._hashes, start=1):
            at = hashed & mask
            while slots[at]:
                at = (at + 1) & mask
            slots[at] = number
        self._slots, self._mask, self._limit = slots, mask, int(size * _FULL)
