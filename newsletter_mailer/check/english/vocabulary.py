"""Lists of words that rules look for: the program's, in data/en/, and what a newsletter adds.

A list is a text file; what its lines say is in list_lines.py. Each is read when a rule first asks
for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cache
from pathlib import Path

from newsletter_mailer.check.english.list_lines import lines_of

_FOLDER = Path(__file__).parents[1] / "data/en"


class Vocabulary:
    """The lists by their names, such as `vague-links`."""

    def __init__(self, added: Mapping[str, str] | None = None) -> None:
        """`added`: the text of a newsletter's own list, by the list that it changes."""
        self._added = added or {}
        self._tables: dict[str, Mapping[str, str]] = {}

    def words(self, name: str) -> Set[str]:
        """Raises KeyError if there is no such list."""
        return self.table(name).keys()

    def table(self, name: str) -> Mapping[str, str]:
        """What a list says of each of its words; empty where it says nothing.

        Raises KeyError if there is no such list.
        """
        if name not in self._tables:
            shipped, added = _shipped(name), self._added.get(name, "")
            if not any(any(map(str.isupper, word)) for word in shipped):
                added = added.lower()  # texts are looked through in small letters
            self._tables[name] = _changed(shipped, added)
        return self._tables[name]


@cache
def list_names() -> tuple[str, ...]:
    """Of all lists, in order."""
    return tuple(sorted(file.name.removesuffix(".txt") for file in _FOLDER.iterdir()))


@cache
def _shipped(name: str) -> Mapping[str, str]:
    if name not in list_names():
        raise KeyError(name)
    return _changed({}, _FOLDER.joinpath(f"{name}.txt").read_text("utf-8"))


def _changed(words: Mapping[str, str], text: str) -> Mapping[str, str]:
    """With what a list says."""
    changed, out = dict(words), set[str]()
    for line in lines_of(text):
        if line.takes_out:
            out.add(line.word)
        else:
            changed[line.word] = line.said
    return {word: said for word, said in changed.items() if word not in out}
