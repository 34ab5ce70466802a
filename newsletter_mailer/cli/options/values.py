"""The options' values: durations, rates and moments as people write them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo

import typer

from newsletter_mailer.settings import quantities
from newsletter_mailer.settings.quantities import ANY_HOUR, Hours

_NONE = "none"  #: overrides a limit of newsletter.toml


def per_minute(text: str) -> float:
    """`30/min`, `5/s`, `1000/h`; `none` is infinite."""
    if text.strip() == _NONE:
        return math.inf
    try:
        return quantities.per_minute(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


def duration(text: str) -> timedelta:
    """`0`, `90s`, `20m`, `2h`, `1d`."""
    try:
        return quantities.duration(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


def hours(text: str) -> Hours:
    """`09:00-17:00`; `none` is always."""
    if text.strip() == _NONE:
        return ANY_HOUR
    try:
        return quantities.hours(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


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
