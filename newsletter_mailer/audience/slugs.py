"""Cells of the region and role columns -> slugs that newsletter.toml declares."""

from __future__ import annotations

import re
from collections.abc import Mapping

_REMEMBERED = 10_000  #: distinct region or role cells kept per list


class Slugs:
    """Reads cells such as `dudley; Stoke-on-Trent` as slugs."""

    def __init__(self, what: str, known: Mapping[str, str], at: int) -> None:
        self.what = what
        self.at = at  #: the cell's place in a row; -1 if there is none
        self.slugs = tuple(known)
        self.by_word = {_folded(name): slug for slug, name in known.items()}
        self.by_word.update({_folded(slug): slug for slug in known})
        self.clean: dict[str, str] = {}  #: cells met before, that hold no unknown word

    def read(self, cells: list[str]) -> tuple[str, tuple[str, ...]]:
        """The slugs, sorted and joined by ";", and the words that are none."""
        slugs, unknown = self._read(cells[self.at] if self.at >= 0 else "")
        if self.at >= 0 and not unknown and len(self.clean) < _REMEMBERED:
            self.clean[cells[self.at]] = slugs
        return slugs, unknown

    def _read(self, cell: str) -> tuple[str, tuple[str, ...]]:
        slugs: set[str] = set()
        unknown: list[str] = []
        for word in filter(None, (part.strip() for part in cell.split(";"))):
            folded = _folded(word)
            if folded == "all":
                slugs.update(self.slugs)
            elif folded in self.by_word:
                slugs.add(self.by_word[folded])
            else:
                unknown.append(word)
        return ";".join(sorted(slugs)), tuple(unknown)


def _folded(word: str) -> str:
    straight = word.replace("\u2019", "'").replace("\u2018", "'")  # spreadsheets curl them
    return re.sub(r"[\s_-]+", "-", straight.strip().casefold())
