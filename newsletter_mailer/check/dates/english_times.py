"""Times of day in English text: `9.30am`, `14:00 to 16:00`, `10am - midday`, `10:00 GMT`.

A time without am or pm that could be either (`2:00`) is read by the 24-hour clock, unless its
partner in a range says better: `11-1pm` begins at 11:00, `10:30-3:00` ends at 15:00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from typing import NamedTuple

from newsletter_mailer.lazy_patterns import lazy_pattern

#: Each sign becomes one other, so that places in the text stay what they are.
PLAIN = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’ʼ", "'"))

_DAY = 24 * 60
_NOON = 12 * 60
_EVENING = 17 * 60
#: `10:30 – 3:00` ends at 15:00; beyond this many minutes a slip is likelier.
_LONGEST_GUESS = 10 * 60

_TIME = lazy_pattern(
    r"""
    (?<![\w£$€/+:])(?<!\d[.,])
    (?: (?:12\s{0,2})? (?P<word>noon|midday|midnight)
      | (?P<military>[0-2][0-9][0-5][0-9]) (?=\s?(?:-\s?[0-2][0-9][0-5][0-9]\s?)?hrs?\b)
      | (?P<hour>[0-9]{1,2}) (?: (?P<dot>[:.]) (?P<minute>[0-9]{2}) (?::[0-9]{2})? )?
        (?: \s{0,2} (?P<half>[ap])\.?m\b\.? )?
    )
    (?: \s{0,2} hrs?\b )?
    (?: \s{0,2} \(? (?P<letters>GMT|BST)\b )?
    (?! [\w%:/] | [.,][0-9] )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_RANGE = lazy_pattern(r"\s{0,3}(?:-|(?:to|until|till)\b)\s{0,3}", re.IGNORECASE)
_AND = lazy_pattern(r"\s{0,3}(?:and|&)\s{0,3}", re.IGNORECASE)
_BETWEEN = lazy_pattern(r"\bbetween\s{1,3}\Z", re.IGNORECASE)
_CUE = lazy_pattern(r"(?:\b(?:at|from|by|until|till|between|time:?)|@)\s{0,3}\Z", re.IGNORECASE)
_NO_CLOCK = lazy_pattern(r"\s{0,3}(?:min|sec|split|ratio|odds|hours\b)", re.IGNORECASE)


class TimeMention(NamedTuple):
    """A time of day, or a span of it, at `text[start:end]`."""

    start: int
    end: int
    begins: time | None  #: None: there is no such time, such as 25:00
    ends: time | None = None  #: None: no span, or there is no such time
    is_span: bool = False
    is_backwards: bool = False  #: it ends before it begins, and does not last overnight
    is_certain: bool = True  #: False: `9.30`, a time only beside a date
    is_open: bool = False  #: neither am nor pm is said: 2:00 may be 14:00
    letters: str = ""  #: GMT, BST

    @property
    def is_possible(self) -> bool:
        return self.begins is not None and (self.ends is not None or not self.is_span)

    def may_begin_at(self, clock: time) -> bool:
        """Whether the text can be read so."""
        if self.begins is None or self.begins.minute != clock.minute:
            return False
        apart = (clock.hour - self.begins.hour) % 24
        return apart == 0 or (self.is_open and apart == 12)


class _Token(NamedTuple):
    """One time, or a number that may be one."""

    start: int
    end: int
    minutes: int | None  #: after midnight, by the 24-hour clock; None: impossible
    is_certain: bool
    has_half: bool  #: am or pm, noon or midnight
    is_open: bool  #: may be twelve hours later
    is_bare: bool  #: a number and nothing more
    letters: str


def likely_times(text: str) -> tuple[TimeMention, ...]:
    """The times in a text, in order, also the uncertain."""
    return tuple(_mentions(text.translate(PLAIN)))


def _mentions(text: str) -> Iterator[TimeMention]:
    tokens = [*_tokens(text)]
    at = 0
    while at < len(tokens):
        first = tokens[at]
        second = tokens[at + 1] if at + 1 < len(tokens) else None
        if second is not None and _is_span(first, second, text):
            yield _span(first, second)
            at += 2
            continue
        if not first.is_bare:
            yield TimeMention(
                start=first.start,
                end=first.end,
                begins=_clock(first.minutes),
                is_certain=first.is_certain,
                is_open=first.is_open,
                letters=first.letters,
            )
        at += 1


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TIME.finditer(text):
        letters = (found["letters"] or "").upper()
        if found["word"]:
            minutes: int | None = 0 if found["word"].lower() == "midnight" else _NOON
            yield _Token(*found.span(), minutes, True, True, False, False, letters)
            continue
        written, minute, half = found["hour"], int(found["minute"] or 0), found["half"]
        if found["military"]:
            written, minute = found["military"][:2], int(found["military"][2:])
        hour = int(written)
        is_clock = found["dot"] == ":" or bool(found["military"])
        is_cued = bool(half) or bool(_CUE.search(text[max(0, found.start() - 12) : found.start()]))
        if hour > 29 or (minute > 59 and not (is_cued and is_clock)):
            continue
        if is_clock and not is_cued and _NO_CLOCK.match(text, found.end()):
            continue
        yield _Token(
            *found.span(),
            _minutes(hour, minute, half),
            is_certain=bool(half) or is_clock,
            has_half=bool(half),
            is_open=not half and 1 <= hour <= 12 and not written.startswith("0"),
            is_bare=not half and not found["dot"] and not found["military"],
            letters=letters,
        )


def _minutes(hour: int, minute: int, half: str | None) -> int | None:
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return None
    if half and half.lower() == "a":
        return None if hour > 12 else hour % 12 * 60 + minute
    if half and hour <= 12:
        hour = hour % 12 + 12
    return hour * 60 + minute


def _is_span(first: _Token, second: _Token, text: str) -> bool:
    """Whether the two are joined, and at least one of them is surely a time."""
    join = text[first.end : second.start]
    is_between = _AND.fullmatch(join) and _BETWEEN.search(
        text[max(0, first.start - 12) : first.start]
    )
    if not _RANGE.fullmatch(join) and not is_between:
        return False
    if first.is_bare:  # `10 – 11am`, but not `October 15 – 10am`
        return second.has_half and first.is_open
    if second.is_bare:
        is_even = join[0].isspace() == join[-1].isspace()  # no minus, as in `15:01 -5`
        return first.is_certain and second.is_open and "-" in join and is_even
    return True


def _span(first: _Token, second: _Token) -> TimeMention:
    begins, ends, is_guessed = first.minutes, second.minutes, False
    if begins is not None and ends is not None:
        ends = ends or _DAY
        if second.has_half and not first.has_half and first.is_open:
            morning = begins % _NOON
            earlier = [one for one in (morning, morning + _NOON) if one < ends]
            begins, is_guessed = max(earlier, default=begins), not earlier
        elif first.has_half and not second.has_half and second.is_open:
            later = [one for one in (ends % _NOON, ends % _NOON + _NOON) if one > begins]
            ends, is_guessed = min(later, default=ends), not later
        elif not first.has_half and second.is_open and first.is_open and ends <= begins:
            later_end = ends + _NOON
            ends = later_end if 0 < later_end - begins <= _LONGEST_GUESS else ends
    is_backwards = begins is not None and ends is not None and ends <= begins and not is_guessed
    if is_backwards and begins is not None and ends is not None:
        is_backwards = not (begins >= _EVENING and ends <= _NOON)
    return TimeMention(
        start=first.start,
        end=second.end,
        begins=_clock(begins),
        ends=_clock(ends),
        is_span=True,
        is_backwards=is_backwards,
        is_certain=first.is_certain or second.is_certain,
        is_open=first.is_open and not second.has_half,
        letters=second.letters or first.letters,
    )


def _clock(minutes: int | None) -> time | None:
    return None if minutes is None else time(minutes // 60 % 24, minutes % 60)
