"""The table [delivery] of newsletter.toml: how fast, when and for how long mail is sent.

Pure: the table and the text that it was read from are handed in. Options of `send` override it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.lazy_patterns import lazy_pattern
from newsletter_mailer.settings.quantities import Hours, duration, hours, per_minute
from newsletter_mailer.toml_text import line_of

MOST_CONNECTIONS = 64
USUAL_CONNECTIONS = 3  #: Exchange Online takes no more of one mailbox at once (432 4.3.2)
MOST_PER_CONNECTION = 100_000
_KEYS = ("rate", "connections", "messages_per_connection", "retry_for", "between", "domains")
_PATTERN = lazy_pattern(r"[a-z0-9*?](?:[a-z0-9.*?-]*[a-z0-9*?])?")
_SHAPE = 'Below [delivery.domains], write "*.onmicrosoft.com" = "30/min".'

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """Defaults of `send`'s options. None: not said."""

    rate: float | None = None  #: messages a minute
    connections: int | None = None
    messages_per_connection: int | None = None
    retry_for: timedelta | None = None
    between: Hours | None = None
    #: Messages a minute by pattern of a domain; the first that fits counts.
    domains: Mapping[str, float] = field(default_factory=dict)


def read_delivery_settings(
    table: object, text: str, file: str, rule: str
) -> tuple[DeliverySettings, list[Finding]]:
    """The settings in a TOML table, and what is wrong there as findings of `rule`."""
    reader = _Reader(text, file, rule)
    return reader.settings(table), reader.findings


class _Reader:
    def __init__(self, text: str, file: str, rule: str) -> None:
        self.text, self.file, self.rule = text, file, rule
        self.findings: list[Finding] = []

    def wrong(self, message: str, hint: str, *key: str) -> None:
        source = Source(self.file, line_of(self.text, "delivery", *key))
        self.findings.append(error(self.rule, source, message, hint))

    def settings(self, table: object) -> DeliverySettings:
        if not isinstance(table, dict):
            line = line_of(self.text, "delivery")
            message, hint = '"delivery" is not a table.', "Write [delivery], and below it its keys."
            self.findings.append(error(self.rule, Source(self.file, line), message, hint))
            return DeliverySettings()
        for key in table:
            if key not in _KEYS:
                self.wrong(f'[delivery] has no setting "{key}".', did_you_mean(key, _KEYS), key)
        return DeliverySettings(
            rate=self.text_of(table, "rate", per_minute),
            connections=self.number(table, "connections", MOST_CONNECTIONS),
            messages_per_connection=self.number(
                table, "messages_per_connection", MOST_PER_CONNECTION
            ),
            retry_for=self.text_of(table, "retry_for", duration),
            between=self.text_of(table, "between", hours),
            domains=self.domains(table.get("domains", {})),
        )

    def text_of(
        self, table: Mapping[str, object], key: str, read: Callable[[str], _T], *above: str
    ) -> _T | None:
        """The value in quotes under a key, understood; None if there is none, or it is wrong."""
        if key not in table:
            return None
        value = table[key]
        if not isinstance(value, str):
            self.wrong(f"{key} is not a text.", 'Put it in "quotes".', *above, key)
            return None
        try:
            return read(value)
        except ValueError as fault:
            what, _, hint = str(fault).partition("; ")
            hint = f"{hint[:1].upper()}{hint[1:]}"
            self.wrong(f"{key}: {what}.", hint, *above, key)
            return None

    def number(self, table: Mapping[str, object], key: str, most: int) -> int | None:
        value = table.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.wrong(
                f"{key} = {value!r} is not a number from 1 to {most:,}.",
                "Write it without quotes.",
                key,
            )
            return None
        return value

    def domains(self, table: object) -> dict[str, float]:
        if not isinstance(table, dict):
            self.wrong('"domains" is not a table.', _SHAPE, "domains")
            return {}
        limits: dict[str, float] = {}
        for pattern in table:
            if not _PATTERN.fullmatch(pattern.lower()):
                self.wrong(f'"{pattern}" is not a domain.', _SHAPE, "domains", pattern)
            elif (rate := self.text_of(table, pattern, per_minute, "domains")) is not None:
                limits[pattern.lower()] = rate
        return limits
