"""How long each rule took, for whoever makes one faster."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.check.runner.timings import Timing


def timings_table(timings: Sequence[Timing]) -> str:
    """A line for each: milliseconds, how often it was asked, the rule."""
    total = sum(one.seconds for one in timings)
    return "\n".join(
        [
            "       ms     asked  rule",
            *(f"{one.seconds * 1000:9.1f} {one.times_asked:9,}  {one.rule}" for one in timings),
            f"{total * 1000:9.1f}            in all",
        ]
    )
