"""The message that stands for all of its variant's: the same wherever and whenever it is made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time

from newsletter_mailer.address import domain
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.message import Recipient, compile_message, message_headers
from newsletter_mailer.compose.sample_reader import MAILBOX, sample_values
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.links import reader_links
from newsletter_mailer.settings.newsletter import Settings


def sample_message(
    compiled: CompiledVariant,
    issue: Issue,
    settings: Settings,
    content_hash: str,
    *,
    mailbox: str = MAILBOX,
    values: Mapping[str, str] | None = None,
) -> bytes:
    """What a reader gets, but for the date and the Message-ID. Without `values`, a made-up one."""
    headers = message_headers(settings, datetime.combine(issue.date, time(9), UTC))
    message = compile_message(
        compiled,
        headers,
        reader_links(settings, issue.id, compiled.variant.id),
        content_hash=content_hash,
        image_base_url=settings.image_base_url_if_hosted,
    )
    reader = Recipient(
        mailbox=mailbox,
        values=sample_values(compiled.fields()) if values is None else values,
        message_id=f"{content_hash[:32]}@{domain(settings.sender.address)}",
    )
    return message.fill(reader)
