"""The made-up reader who stands in the slots of what nobody receives: builds and tests."""

from __future__ import annotations

from collections.abc import Iterable

_SAMPLE = {
    "first_name": "Sam",
    "last_name": "Reader",
    "organisation": "Example Council",
    "email": "sam.reader@example.org",
}
MAILBOX = "sam.reader@example.org"


def sample_values(fields: Iterable[str]) -> dict[str, str]:
    """A value for each merge field: a plausible one, or the field's name in brackets."""
    return {name: _SAMPLE.get(name, f"[{name}]") for name in fields}
