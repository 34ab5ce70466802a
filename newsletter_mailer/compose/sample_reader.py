"""The made-up reader who stands in the slots of what nobody receives: builds and tests."""

from __future__ import annotations

from collections.abc import Iterable

from newsletter_mailer.issue.merge_text import MergeField

_SAMPLE = {
    "first_name": "Sam",
    "last_name": "Reader",
    "organisation": "Example Council",
    "email": "sam.reader@example.org",
}
MAILBOX = "sam.reader@example.org"


def sample_values(fields: Iterable[MergeField]) -> dict[str, str]:
    """A value for each field: a plausible one, its default's turn, or its name in brackets."""
    return {
        field.name: _SAMPLE.get(field.name, f"[{field.name}]")
        for field in fields
        if field.name in _SAMPLE or field.default is None
    }
