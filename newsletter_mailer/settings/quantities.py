"""Rates, durations and hours of the day as people write them: in options and in newsletter.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day; past midnight when it ends before it begins."""

    begins: time
    ends: time


#: No restriction.
ANY_HOUR = Hours(time(), time())


def per_minute(text: str) -> float:
    """`30/min`, `5/s`, `1000/h`. Raises ValueError with a sentence."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*/\s*(s|min|m|h)", text.strip(), re.ASCII)
    if not found or float(found[1]) <= 0:
        raise ValueError(f'"{text}" is not a rate; write 30/min, 5/s or 1000/h.')
    return float(found[1]) * 60 / _UNITS[found[2]]


def duration(text: str) -> timedelta:
    """`0`, `90s`, `20m`, `2h`, `1d`. Raises ValueError with a sentence."""
    found = re.fullmatch(r"(\d{1,6})\s*(s|min|m|h|d)?", text.strip(), re.ASCII)
    if not found or (found[2] is None and found[1] != "0"):
        raise ValueError(f'"{text}" is not a duration; write 90s, 20m, 2h or 1d.')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2] or "s"])


def hours(text: str) -> Hours:
    """`09:00-17:00`. Raises ValueError with a sentence."""
    fault = f'"{text}" is not a window; write 09:00-17:00.'
    found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text.strip(), re.ASCII)
    if not found:
        raise ValueError(fault)
    try:
        begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    except ValueError:
        raise ValueError(fault) from None
    if begins == ends:
        raise ValueError(fault)
    return Hours(begins, ends)


def span_text(seconds: float) -> str:
    """`40 s`, `2 min`, `1 h 5 min`, `3 d 4 h`."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
