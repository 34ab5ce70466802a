"""The messages of one run: a variant compiled once, and filled for each of its readers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from newsletter_mailer.address import domain
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.compose.message import (
    CompiledMessage,
    Recipient,
    compile_message,
    message_headers,
)
from newsletter_mailer.deliver.transport import Content
from newsletter_mailer.links import reader_links
from newsletter_mailer.store.claims import ClaimedRow
from newsletter_mailer.store.ledger import IssueSoFar


class RunMessages:
    """`now`: the Date of an issue that nobody has yet; else it is the first run's."""

    def __init__(self, prepared: Prepared, so_far: IssueSoFar, now: datetime) -> None:
        record, has_begun = so_far.record, so_far.has_reached_anybody
        self._by_variant = _compiled(prepared, record.date if record and has_begun else now)
        self.sizes: Mapping[str, int] = _sizes(prepared, self._by_variant)  #: octets, the largest

    @property
    def largest(self) -> int:
        """Octets that any of them may have."""
        return max(self.sizes.values(), default=0)

    def content(self, row: ClaimedRow) -> Content:
        """What this reader gets."""
        reader = Recipient(row.mailbox, row.values, row.message_id)
        return Content(*self._by_variant[row.variant].pieces_and_size(reader))


def _compiled(prepared: Prepared, date: datetime) -> dict[str, CompiledMessage]:
    settings = prepared.project.settings
    headers = message_headers(settings, date.astimezone(settings.zone))
    return {
        variant_id: compile_message(
            compiled,
            headers,
            reader_links(settings, prepared.edition.issue.id, variant_id),
            content_hash=prepared.edition.content.total,
            image_base_url=settings.image_base_url_if_hosted,
        )
        for variant_id, compiled in prepared.compiled.items()
    }


def _sizes(prepared: Prepared, messages: Mapping[str, CompiledMessage]) -> dict[str, int]:
    """With the longest value of each field in use, and an address as long as they come."""
    profile = prepared.plan.profile
    reader = Recipient(
        mailbox=f"{'x' * 64}@{'x' * 189}",
        values={name: seen.longest for name, seen in profile.items()},
        message_id=f"{'x' * 32}@{domain(prepared.project.settings.sender.address)}",
    )
    return {variant: message.pieces_and_size(reader)[1] for variant, message in messages.items()}
