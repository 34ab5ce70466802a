"""How fast, when and for how long: an option of `send`, else newsletter.toml, else the usual."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter_mailer.settings.delivery import USUAL_CONNECTIONS
from newsletter_mailer.settings.quantities import ANY_HOUR, Hours

if TYPE_CHECKING:
    from newsletter_mailer.deliver.pace import Pace
    from newsletter_mailer.settings.newsletter import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What was said on the command line; None: nothing."""

    rate: float | None = None  #: messages a minute; infinite: no limit, whatever the settings say
    connections: int | None = None
    per_connection: int | None = None
    retry_for: timedelta | None = None
    between: Hours | None = None

    def pace(self, settings: Settings, *, to_sandbox: bool) -> Pace:
        """A rehearsal keeps to no limit of the real server's."""
        from newsletter_mailer.deliver.pace import Pace, Window

        said = settings.delivery
        rate, between = self.rate, self.between
        if not to_sandbox:
            rate, between = rate or said.rate, between or said.between
        return Pace(
            None if rate is None or math.isinf(rate) else rate,
            None
            if between is None or between == ANY_HOUR
            else Window(between.begins, between.ends, settings.zone),
            {} if to_sandbox else said.domains,
        )

    def connections_of(self, settings: Settings) -> int:
        return self.connections or settings.delivery.connections or USUAL_CONNECTIONS

    def per_connection_of(self, settings: Settings) -> int:
        from newsletter_mailer.deliver.engine import MESSAGES_PER_CONNECTION

        said = settings.delivery.messages_per_connection
        return self.per_connection or said or MESSAGES_PER_CONNECTION

    def retry_for_of(self, settings: Settings, *, to_sandbox: bool) -> timedelta:
        if self.retry_for is not None:
            return self.retry_for
        return (None if to_sandbox else settings.delivery.retry_for) or timedelta()
