"""send --test: one mail per variant, of one variant, or as one subscriber, to given addresses only.

It takes no list and knows no ledger, so it cannot mail the readers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from newsletter_mailer.address import canonical, domain, needs_smtputf8
from newsletter_mailer.campaign.arguments import named_mailbox
from newsletter_mailer.campaign.prepare import Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.message import Recipient, compile_message, message_headers
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.deliver.answers.outcome import Outcome
from newsletter_mailer.deliver.event_loop import opened, runner
from newsletter_mailer.deliver.single_message import send_single_message
from newsletter_mailer.deliver.transport import transport_of
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.links import inert_links


@dataclass(frozen=True, slots=True)
class TestMail:
    """One mail of a test and what became of it."""

    address: str
    variant: str
    outcome: Outcome
    means: str  #: what the server's no means and what to do, for a person; empty if not known

    def as_json(self) -> dict[str, str]:
        return {
            "address": self.address,
            "variant": self.variant,
            "state": self.outcome.state.value,
            "reply": self.outcome.reply,
        }


def send_test(
    project: Project,
    issue_id: str,
    addresses: Sequence[str],
    *,
    as_subscriber: str | None = None,
    only_variant: str | None = None,
    to_sandbox: bool = False,
    on_findings: Callable[[Sequence[Finding]], None] = lambda findings: None,
    on_outcome: Callable[[TestMail], None] = lambda mail: None,
) -> list[TestMail]:
    """`on_outcome`: given each mail as soon as it is known what became of it.

    Raises ContentError, ProjectError, DeliveryError.
    """
    mailboxes = [named_mailbox(address, "--test") for address in addresses]
    with ExitStack() as stack:
        prepared = stack.enter_context(prepare(project, issue_id))
        prepared.refuse_errors()
        on_findings(prepared.findings)
        shown = _shown(prepared, as_subscriber, only_variant)
        way = project.transport_settings(issue_id, to_sandbox=to_sandbox)
        transport = transport_of(way, project.settings.sender.address)
        loop = stack.enter_context(runner())
        stack.enter_context(opened(transport, loop))
        mails: list[TestMail] = []
        for compiled, values in shown:
            for address in mailboxes:
                if needs_smtputf8(address) and transport.limits.ascii_only:
                    raise ProjectError(
                        f"{transport.name} cannot mail to {address}: it lacks SMTPUTF8."
                    )
                message_id = f"{secrets.token_hex(16)}@{domain(project.settings.sender.address)}"
                message = _message(prepared, compiled, values, address, message_id)
                fate = loop.run(send_single_message(transport, address, message_id, message))
                mails.append(TestMail(address, compiled.variant.id, *fate))
                on_outcome(mails[-1])
        return mails


def _shown(
    prepared: Prepared, as_subscriber: str | None, only_variant: str | None
) -> list[tuple[CompiledVariant, dict[str, str]]]:
    """The variants to be mailed, with what stands in their slots."""
    if as_subscriber is None:
        return [
            (compiled, sample_values(compiled.fields()))
            for compiled in _chosen(prepared, only_variant)
        ]
    subscriber = prepared.roster.find(canonical(named_mailbox(as_subscriber, "--as")))
    if subscriber is None:
        raise ProjectError(f"--as: no list of this issue has the address {as_subscriber}.")
    variant = prepared.variants.of(subscriber.regions, subscriber.roles)
    if variant.id not in prepared.compiled:
        raise ProjectError(f"--as: {as_subscriber} gets nothing of this issue.")
    return [(prepared.compiled[variant.id], dict(subscriber.values))]


def _chosen(prepared: Prepared, only_variant: str | None) -> list[CompiledVariant]:
    if only_variant is None:
        return [*prepared.compiled.values()]
    if only_variant not in prepared.compiled:
        raise ProjectError(f"Nobody gets {only_variant} of this issue as it is now.")
    return [prepared.compiled[only_variant]]


def _message(
    prepared: Prepared,
    compiled: CompiledVariant,
    values: dict[str, str],
    address: str,
    message_id: str,
) -> bytes:
    settings = prepared.project.settings
    now = datetime.now(UTC).astimezone(settings.zone)
    headers = replace(message_headers(settings, now), unsubscribe="", subject_prefix="[TEST] ")
    message = compile_message(
        compiled,
        headers,
        inert_links(),
        content_hash=prepared.edition.content.total,
        image_base_url=settings.image_base_url_if_hosted,
    )
    return message.fill(Recipient(mailbox=address, values=values, message_id=message_id))
