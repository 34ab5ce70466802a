"""The dates that an issue names in its words: the day that each means, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from newsletter_mailer.check.dates.date_mention import DateMention
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.model import Issue, Section
from newsletter_mailer.lazy_patterns import lazy_pattern

#: A date without a year that went by so recently is that one, and not next year's.
JUST_GONE = timedelta(days=92)
_LIST_GAP = 8  #: characters between the dates of a list
_LOOK_BACK = 120  #: characters before a date in which its sentence says what it is

_SENTENCE_END = lazy_pattern(r"[.!?](?:[\"'’”)]*)\s|\n\s*\n")
#: What says that the sentence tells of something that is over.
_WAS = lazy_pattern(r"\b(?:was|were|had|did)\b", re.IGNORECASE)
_REPORT = lazy_pattern(
    r"\b(?:was|were|had|did|took|held|met|stood|closed|ended|passed|since|agreed|launched"
    r"|published|opened|started|began|announced|joined|hosted|ran)\b",
    re.IGNORECASE,
)
#: What calls a date a deadline; in the place of ACTIONS, what is to be done by it.
_DEADLINE = (
    r"\b(?:deadlines?|closing\s+dates?|last\s+(?:day|date|chance)|final\s+(?:day|date)|rsvp"
    r"|clos(?:es?|ing)(?!\s+(?:in\s+on|to)\b)|no\s+later\s+than"
    r"|(?:open|runs?|have|available|extended)\s+(?:until|till)|due(?:\s+(?:on|by)|(?=\s*:))"
    r"|(?:ACTIONS)\b[^;:]{0,50}?\b(?:by|before|until))\b[^;]{0,40}\Z"
)
_EVENT = lazy_pattern(
    r"(?:\b(?:takes?\s+place|taking\s+place"
    r"|(?:will|to)\s+(?:be\s+(?:held|hosted|hosting|run|on|at|in|back)|take\s+place|happen|run|meet|begin|start"
    r"|open|return|host)"
    r"|(?:is|are)\s+(?:being\s+)?held|join\s+us|see\s+you|save\s+the\s+date|come\s+along"
    r"|(?:starts?|begins?|opens?|meets?|returns?)\s+on)\b[^;]{0,60}"
    r"|(?:\A|\n|[.!?:]\s)\s*(?:date|when|date\s+and\s+time)\s*:\s*)\Z",
    re.IGNORECASE,
)
#: "will be held" tells of nothing that is over.
_HELD = lazy_pattern(r"\b(?:be|is|are|being)\s+(?:held|hosted|run)\b", re.IGNORECASE)
#: What closes without being a deadline.
_SHUTS = lazy_pattern(
    r"\b(?:schools?|offices?|centres?|libraries|doors|exhibition|conference|event|day)\s+clos",
    re.IGNORECASE,
)
_DEADLINE_AFTER = lazy_pattern(
    r"\s{0,3}(?:\(|is\s+|,\s?)?\s?(?:the\s+)?(?:closing\s+date|deadline)\b", re.IGNORECASE
)


class DateInText(NamedTuple):
    """A date that the issue names."""

    passage: Passage
    mention: DateMention
    day: date | None  #: the day that is meant; None for a date that does not exist
    is_assumed: bool  #: the year is not given; `day` has the likeliest
    is_deadline: bool  #: it is said to be the last day for something
    is_announced: bool  #: something is said to take place then

    @property
    def section(self) -> Section | None:
        return self.passage.section

    @property
    def words(self) -> str:
        """As written, on one line."""
        return " ".join(self.passage.text[self.mention.start : self.mention.end].split())

    @property
    def source(self) -> Source:
        return self.passage.at(self.mention.start, self.mention.end)

    @property
    def assumption(self) -> str:
        """For the end of a message: the year that was taken for granted."""
        if self.day is None or not self.is_assumed:
            return ""
        return f" (no year is given; {self.day.year} is assumed)"


def dates_of(issue: Issue, passages: Iterable[Passage], actions: Set[str]) -> Iterator[DateInText]:
    """Every date in the words of an English issue.

    `actions`: words for what may have to be done by a day, as the list `deadline-actions` has them.
    """
    if not issue.is_in("en"):
        return
    deadline = _deadline(frozenset(actions))
    for passage in passages:
        earlier_end = 0
        for mention in passage.dates:
            before = lead(passage.text, mention.start, earlier_end)
            earlier_end = mention.end
            is_deadline = _is_deadline(passage.text, mention, before, deadline)
            yield DateInText(
                passage=passage,
                mention=mention,
                day=day_meant(mention, issue.date),
                is_assumed=mention.year is None,
                is_deadline=is_deadline,
                is_announced=not is_deadline and _is_announced(before),
            )


def day_meant(mention: DateMention, today: date) -> date | None:
    """The day of a date; without a year the next one from `today` on.

    One that went by in the last three months is that one ("on 22 July its members stood up"),
    unless a weekday says that the next is meant.
    """
    if mention.year is not None:
        return mention.in_year(mention.year)
    years = range(today.year - 1, today.year + 9)  # 29 February comes after eight years at most
    days = [day for year in years if (day := mention.in_year(year)) is not None]
    coming = min((day for day in days if day >= today), default=None)
    gone = max((day for day in days if today - JUST_GONE <= day < today), default=None)
    if gone is None or (
        coming is not None
        and mention.weekday == coming.weekday()
        and mention.weekday != gone.weekday()
    ):
        return coming
    return gone


def lead(text: str, start: int, earlier_end: int = 0) -> str:
    """What stands before a date, in its own sentence and after the date before.

    In a list of dates (23 and 30 September) the first one's lead serves them all.
    """
    begin = earlier_end if start - earlier_end > _LIST_GAP else 0
    before = text[max(begin, start - _LOOK_BACK) : start]
    ends = [found.end() for found in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


@lru_cache(maxsize=1)
def _deadline(actions: frozenset[str]) -> re.Pattern[str]:
    """Of the list that all issues of a newsletter have."""
    words = (r"\s+".join(map(re.escape, action.split())) for action in sorted(actions))
    return lazy_pattern(_DEADLINE.replace("ACTIONS", "|".join(words) or "(?!)"), re.IGNORECASE)


def _is_deadline(text: str, mention: DateMention, before: str, deadline: re.Pattern[str]) -> bool:
    if _SHUTS.search(before):
        return False
    found = deadline.search(before)
    if found is not None and not _WAS.search(before) and not _REPORT.search(found[0]):
        return _EVENT.search(before, found.start()) is None
    return _DEADLINE_AFTER.match(text, mention.end) is not None and not _WAS.search(before)


def _is_announced(before: str) -> bool:
    found = _EVENT.search(before)
    return found is not None and not _REPORT.search(_HELD.sub("", before))
