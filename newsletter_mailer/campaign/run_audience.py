"""What a run of `send` puts into the ledger when it begins: itself, and every reader's row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from newsletter_mailer.address import domain, needs_smtputf8
from newsletter_mailer.campaign.logged_in_user import logged_in
from newsletter_mailer.campaign.newsletter_identity import NewsletterIdentity
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.campaign.send_request import SendRequest
from newsletter_mailer.campaign.variant_digests import composed
from newsletter_mailer.plan.plan import NO_READER, Filters, Suppressed
from newsletter_mailer.store.runs import LeftOut, NewRun, PlannedRow


def new_run(prepared: Prepared, request: SendRequest, now: datetime) -> NewRun:
    edition, settings = prepared.edition, prepared.project.settings
    return NewRun(
        issue=edition.issue.id,
        now=now,
        content_hash=edition.content.total,
        files=edition.content.files,
        filters=_told(request.filters),
        again=request.again,
        is_roll_call=prepared.plan.has_lists,
        host=domain(settings.sender.address),
        variants={variant.id: variant.slugs for variant in prepared.plan.variants.values()},
        by=logged_in(),
        composed=composed(prepared),
        newsletter=NewsletterIdentity.of(settings).as_json(),
        past_dates=prepared.past_dates_let,
    )


def _told(filters: Filters) -> dict[str, list[str]]:
    """What `status` tells of a run's audience: no address."""
    told = {name: sorted(getattr(filters, name)) for name in ("lists", "regions", "roles")}
    return {**told, "again": [f"{len(filters.addresses)}"]} if filters.addresses else told


def rows(
    prepared: Prepared, suppressed: Suppressed, *, takes_smtputf8: bool
) -> Iterator[PlannedRow | LeftOut]:
    """Every reader of the lists, and who of them is not mailed in this run.

    `takes_smtputf8`: whether the server takes addresses beyond ASCII (RFC 6531).
    """
    for subscriber, variant, reason, is_mailed in prepared.assignments(suppressed):
        if variant is not None and not takes_smtputf8 and needs_smtputf8(subscriber.mailbox):
            variant, reason = None, "needs-smtputf8"
        if not is_mailed:
            yield LeftOut(subscriber.address, is_reader=reason not in NO_READER)
        elif variant is None:
            yield LeftOut(subscriber.address, reason, is_reader=reason not in NO_READER)
        else:
            yield PlannedRow(
                address=subscriber.address,
                mailbox=subscriber.mailbox,
                variant=variant.id,
                values=subscriber.values,
            )
