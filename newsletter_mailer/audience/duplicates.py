"""Who stands in the lists more than once, found in some 20 octets per row (a set takes 134).

Texts are kept as 128 bits of hash, in many small parts, each of which is looked through by itself:
one big table would miss the processor's cache at every row. That two of a million texts differ and
yet look the same has a chance of 1 to 10^26, and Python draws the hash's key anew in each process.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

_PARTS = 256


class DuplicateFinder:
    """Numbers texts from 0 in the order in which they are added."""

    def __init__(self) -> None:
        self._count = 0
        self._parts = [(array("q"), array("q"), array("I")) for _ in range(_PARTS)]

    def add(self, text: str) -> None:
        hashed = hash(text)
        hashes, checks, numbers = self._parts[hashed % _PARTS]
        hashes.append(hashed)
        checks.append(hash(text + "\0"))
        numbers.append(self._count)
        self._count += 1

    def found(self) -> Iterator[tuple[int, int, int]]:
        """The number of each text that was met before; of when it was first met, and last before.

        Those of one text come in order.
        """
        for hashes, checks, numbers in self._parts:
            if len({*hashes}) == len(hashes):
                continue
            first: dict[tuple[int, int], int] = {}
            last: dict[int, int] = {}
            for hashed, check, number in zip(hashes, checks, numbers, strict=True):
                met = first.setdefault((hashed, check), number)
                if met != number:
                    yield number, met, last.get(met, met)
                    last[met] = number


class Pairs:
    """Records, each with the one that it repeats; eight octets per pair."""

    def __init__(self) -> None:
        self._later, self._earlier = array("I"), array("I")

    def add(self, later: int, earlier: int) -> None:
        self._later.append(later)
        self._earlier.append(earlier)

    def __len__(self) -> int:
        return len(self._later)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._later, self._earlier, strict=True)
