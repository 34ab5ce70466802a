"""Dates in English text as people write them, in British order.

`Tuesday 23rd September 2025`, `15 Oct 2025, 09:30-11:00`, `Monday 22nd of September`,
`23-25 September`, `September 23, 2025`, `23/09/2025`, `23.09.25`, `2025-09-23`. A date that does
not exist (31 September) is found too, and says so. What only looks like one is left alone: sums,
ages, 2025/26, Year 6, versions, "you may".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter_mailer.check.dates.date_mention import (
    DateMention,
    month_written,
    weekday_written,
    year_written,
)
from newsletter_mailer.check.dates.date_patterns import (
    AFTER_MONTH_FIRST,
    BETWEEN_DATES,
    DAY_FIRST,
    FROM_TIME,
    ISO,
    ITEM,
    LABEL,
    MONTH_FIRST,
    NUMERIC,
    STREET,
    TO_TIME,
    VERB,
)
from newsletter_mailer.check.dates.english_times import PLAIN, TimeMention, likely_times
from newsletter_mailer.lazy_patterns import lazy_pattern

_DIGIT = lazy_pattern(r"[0-9]")
_IN_DIGITS = lazy_pattern(r"[0-9][/.-][0-9]")  #: without it there is no date in digits
_MARKS = frozenset("-./")
_SMALL_VERBS = frozenset({"may", "march", "mar"})
_SPANS = frozenset({"-", "to", "until", "till", "through"})


def dates_in(text: str, times: Sequence[TimeMention] | None = None) -> tuple[DateMention, ...]:
    """The dates in a text, in order. `times`: those in it, where they are known already."""
    if not _DIGIT.search(text):
        return ()
    plain = text.translate(PLAIN)
    found = [*_day_first(plain), *_month_first(plain)]
    if _IN_DIGITS.search(plain):
        found += [*_numeric(plain), *_iso(plain)]
    found.sort(key=lambda one: (one.start, -one.end))
    alone: list[DateMention] = []
    for one in found:
        if not alone or one.start >= alone[-1].end:
            alone.append(one)
    known = likely_times(text) if times is None else times
    return tuple(_with_times(_in_spans(alone, plain), known, plain))


def _day_first(text: str) -> Iterator[DateMention]:
    for found in DAY_FIRST.finditer(text):
        year = year_written(found["year"] or found["apostrophe"])
        if found["short"] and (len(found["month"]) <= 4 or found["of"] in _MARKS):
            year = year_written(found["short"])
        before, after = weekday_written(found["weekday"]), weekday_written(found["after"])
        weekday = after if before is None else before
        if not _is_day_first(found, text, weekday, year):
            continue
        last = DateMention(
            start=found.start("day" if before is None else "weekday"),
            end=found.start("short") - 1 if found["short"] and year is None else found.end(),
            day=int(found["day"]),
            month=month_written(found["month"]),
            year=year,
            weekday=weekday,
        )
        earlier = [*_earlier_days(found, last)]
        yield from earlier
        yield last._replace(part="last") if earlier and earlier[-1].part == "first" else last


def _is_day_first(found: re.Match[str], text: str, weekday: int | None, year: int | None) -> bool:
    day, month, is_ordinal = int(found["day"]), found["month"], bool(found["ordinal"])
    is_named = LABEL.search(_lead(text, found.start()))
    if day == 0 or (is_named and not is_ordinal and weekday is None):
        return False
    if weekday is not None or year is not None:
        return True
    if found["of"] in _MARKS or (day > 31 and not is_ordinal):
        return False
    if found["of"] is None and not is_ordinal and not month.istitle():
        return False  # a code such as 12MAY
    if month in _SMALL_VERBS:
        return "of" in (found["of"] or "").lower()
    if month.lower() == "may" and VERB.match(text, found.end("month")):
        return False
    return is_ordinal or not STREET.match(text, found.end("month"))


def _earlier_days(found: re.Match[str], last: DateMention) -> Iterator[DateMention]:
    """The days before it that share its month: `23, 24 and` 25 September."""
    items = [*ITEM.finditer(found["before"])]
    if items and items[-1]["join"].lower() not in ("and", "or", "&"):
        commas = [at for at, item in enumerate(items) if item["join"] == ","]
        items = items[commas[-1] + 1 :] if commas else items
    bad = [at for at, item in enumerate(items) if not 1 <= int(item["day"]) <= 31]
    items = items[bad[-1] + 1 :] if bad else items
    offset = found.start("before")
    plural: int | None = None
    was_first = False
    for item in items:
        weekday = weekday_written(item["weekday"])
        if weekday is not None and item["weekday"].lower().endswith("days"):
            plural = weekday
        is_first = item["join"].lower() in _SPANS
        yield DateMention(
            start=offset + item.start("weekday" if weekday is not None else "day"),
            end=offset + item.end("ordinal" if item["ordinal"] else "day"),
            day=int(item["day"]),
            month=last.month,
            year=last.year,
            weekday=weekday if weekday is not None else plural,
            part="first" if is_first else "last" if was_first else "",
        )
        was_first = is_first


def _month_first(text: str) -> Iterator[DateMention]:
    for found in MONTH_FIRST.finditer(text):
        weekday, year = weekday_written(found["weekday"]), year_written(found["year"])
        day, month = int(found["day"]), found["month"]
        is_sure = bool(found["ordinal"]) or weekday is not None or year is not None
        if day == 0 or month in _SMALL_VERBS:
            continue
        if not is_sure and (day > 31 or not AFTER_MONTH_FIRST.match(text, found.end())):
            continue
        first = DateMention(
            start=found.start() if weekday is not None else found.start("month"),
            end=found.end("ordinal" if found["ordinal"] else "day")
            if found["last"]
            else found.end(),
            day=day,
            month=month_written(month),
            year=year,
            weekday=weekday,
        )
        if not found["last"]:
            yield first
            continue
        is_span = found["join"].lower() in _SPANS
        yield first._replace(part="first" if is_span else "")
        yield first._replace(
            start=found.start("last"),
            end=found.end(),
            day=int(found["last"]),
            weekday=None,
            part="last" if is_span else "",
        )


def _numeric(text: str) -> Iterator[DateMention]:
    for found in NUMERIC.finditer(text):
        day, month, written = int(found["day"]), int(found["month"]), found["year"]
        weekday = weekday_written(found["weekday"])
        year = year_written(written)
        is_real = 1 <= day <= 31 and 1 <= month <= 12
        is_american = 1 <= day <= 12 < month <= 31
        if written is None:
            is_date = found["mark"] == "/" and weekday is not None and is_real
        elif len(written) == 4:
            is_named = LABEL.search(_lead(text, found.start()))
            is_date = year is not None and not is_named and (found["mark"] == "/" or is_real)
        else:
            is_date = year is not None and (is_real or is_american) and found["mark"] == "/"
            if found["mark"] == "." and year is not None and len(found["month"]) == 2:
                is_named = LABEL.search(_lead(text, found.start()))
                is_date = is_real and not is_named
        if is_date:
            yield DateMention(
                start=found.start() if weekday is not None else found.start("day"),
                end=found.end(),
                day=day,
                month=month,
                year=year,
                weekday=weekday,
                is_ambiguous=is_real and day <= 12 and day != month,
            )


def _iso(text: str) -> Iterator[DateMention]:
    for found in ISO.finditer(text):
        year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
        if 1 <= month <= 12 or (12 < month <= 31 and 1 <= day <= 12):
            weekday = weekday_written(found["weekday"])
            yield DateMention(
                start=found.start("year") if weekday is None else found.start(),
                end=found.end(),
                day=day,
                month=month,
                year=year,
                weekday=weekday,
            )


def _in_spans(found: Sequence[DateMention], text: str) -> Iterator[DateMention]:
    """`30 September to 2 October 2025`: the first gets the year of the last."""
    done = [*found]
    for at in range(len(done) - 1):
        first, last = done[at], done[at + 1]
        if first.part or last.part or last.start - first.end > 16:
            continue
        join = BETWEEN_DATES.fullmatch(text, first.end, last.start)
        if join is None:
            continue
        if first.year is None and last.year is not None:
            is_over_new_year = first.month > last.month
            first = first._replace(year=last.year - 1 if is_over_new_year else last.year)
        is_span = (join["word"] or "-").lower() in _SPANS
        done[at] = first._replace(part="first") if is_span else first
        done[at + 1] = last._replace(part="last") if is_span else last
    yield from done


def _with_times(
    found: Iterator[DateMention], times: Sequence[TimeMention], plain: str
) -> Iterator[DateMention]:
    at = 0
    for one in found:
        while at < len(times) and times[at].start < one.end:
            at += 1
        before = times[at - 1] if at else None
        after = times[at] if at < len(times) else None
        clock = None
        if after is not None and after.start - one.end <= 30:
            is_beside = TO_TIME.fullmatch(plain, one.end, after.start)
            clock = after if is_beside else None
        if clock is None and before is not None and 0 <= one.start - before.end <= 10:
            is_beside = FROM_TIME.fullmatch(plain, before.end, one.start)
            clock = before if is_beside and before.is_certain else None
        yield one._replace(clock=clock)


def _lead(text: str, start: int) -> str:
    return text[max(0, start - 24) : start]
