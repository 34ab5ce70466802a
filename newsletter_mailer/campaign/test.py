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
from newsletter_mailer.campaign.named import named_mailbox
from newsletter_mailer.campaign.prepare import Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.links import inert_links
from newsletter_mailer.compose.message import Recipient, compile_message, envelope_of
from newsletter_mailer.compose.sample import sample_values
from newsletter_mailer.deliver.answer_files import known_answers
from newsletter_mailer.deliver.loop import runner
from newsletter_mailer.deliver.replies import Outcome
from newsletter_mailer.deliver.sandbox import sandbox
from newsletter_mailer.deliver.session import connect
from newsletter_mailer.deliver.single import send_single
from newsletter_mailer.deliver.stopping import what_it_means
from newsletter_mailer.deliver.verdict import verdict_of
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.smtp_settings import read_smtp_settings


@dataclass(frozen=True, slots=True)
class TestMail:
    """One mail of a test and what became of it."""

    address: str
    variant: str
    outcome: Outcome

    @property
    def means(self) -> str:
        """What the server's no means and what to do, for a person; empty if that is not known."""
        if (self.outcome.code or 0) < 400:
            return ""
        return what_it_means(verdict_of(self.outcome, known_answers()))

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
        if to_sandbox:
            smtp = stack.enter_context(sandbox(project.outbox(issue_id)))
        else:
            smtp = read_smtp_settings(project.environment)
        loop = stack.enter_context(runner())
        mails: list[TestMail] = []
        for compiled, values in shown:
            for address in mailboxes:
                session = loop.run(connect(smtp, project.settings.sender.address))
                if needs_smtputf8(address) and not session.takes_smtputf8:
                    session.close()
                    raise ProjectError(f"{smtp.host} cannot mail to {address}: it lacks SMTPUTF8.")
                message_id = f"{secrets.token_hex(16)}@{domain(project.settings.sender.address)}"
                message = _message(prepared, compiled, values, address, message_id)
                outcome = loop.run(send_single(session, address, message_id, message))
                mails.append(TestMail(address, compiled.variant.id, outcome))
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
    envelope = replace(
        envelope_of(settings, now, inert_links(), unsubscribe=""), subject_prefix="[TEST] "
    )
    message = compile_message(
        compiled,
        envelope,
        content_hash=prepared.edition.content.total,
        image_base_url=settings.image_base_url_if_hosted,
    )
    return message.fill(Recipient(mailbox=address, values=values, message_id=message_id))
