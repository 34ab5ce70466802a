"""What the web says to a link."""

from __future__ import annotations

from dataclasses import dataclass

#: A reader's browser may well get there: a login, a wall against robots, too many questions.
#: 999 is LinkedIn's.
UNDECIDED = frozenset({401, 403, 405, 407, 429, 999})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The end of a chain of redirects. `status` 0: no answer, for `why`."""

    status: int
    why: str = ""  #: as the end of a sentence
    moved_to: str = ""  #: where the first redirects lead, if they are said to be for good
    is_undecided: bool = False  #: nothing can be said of what a reader would see

    @property
    def is_good(self) -> bool:
        return 0 < self.status < 400 and not self.is_undecided
