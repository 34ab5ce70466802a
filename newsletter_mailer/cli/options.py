"""The options' values: durations, rates and moments as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

import typer

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def per_minute(text: str) -> float:
    """`30/min`, `5/s`, `1000/h`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*/\s*(s|min|m|h)", text.strip())
    if not found or float(found[1]) <= 0:
        raise typer.BadParameter(f'"{text}" is not a rate; write 30/min, 5/s or 1000/h.')
    return float(found[1]) * 60 / _UNITS[found[2]]


def duration(text: str) -> timedelta:
    """`0`, `90s`, `20m`, `2h`, `1d`."""
    found = re.fullmatch(r"(\d{1,6})\s*(s|min|m|h|d)?", text.strip())
    if not found or (found[2] is None and found[1] != "0"):
        raise typer.BadParameter(f'"{text}" is not a duration; write 90s, 20m, 2h or 1d.')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2] or "s"])


def moment(text: str) -> datetime:
    """`2025-08-29T09:00`, `2025-08-29 09:00`, `2025-08-29`; its zone may be open."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f'"{text}" is not a date and time; write 2025-08-29T09:00.'
        ) from None


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The moment in the newsletter's zone, unless it says another."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day."""

    begins: time
    ends: time


def hours(text: str) -> Hours:
    """`09:00-17:00`."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text.strip())
    try:
        if not found:
            raise ValueError
        begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if begins == ends:
            raise ValueError
    except ValueError:
        raise typer.BadParameter(f'"{text}" is not a window; write 09:00-17:00.') from None
    return Hours(begins, ends)
