"""resolve --refused retry: whom a server refused, and would take now, is owed the issue again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from newsletter_mailer.address import BadAddress, canonical, domain, mailbox
from newsletter_mailer.campaign.arguments import named_address
from newsletter_mailer.campaign.logged_in_user import logged_in
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.resolve import held
from newsletter_mailer.deliver.answers.reasons import reason
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store.figures import DeliveryRecord
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.resolutions import Fate
from newsletter_mailer.store.states import State

_MOST = 3  #: answers that are told
_KEPT = "Nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the refused: all options must match, and one word of each. Empty: all of them.

    `reply` is a part of what the server said, code and all, in any case; a `*` in it stands for any
    characters.
    """

    addresses: Sequence[str] = ()
    domains: Sequence[str] = ()
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """How many are owed it again, and how many stay refused since they must not be mailed."""

    settled: int = 0
    suppressed: int = 0


def retry_refused(project: Project, issue_id: str, wanted: Wanted) -> Retried:
    """The next send mails them, with the Message-ID that they were refused with.

    The Date is that of the first run that handed a message over, or else of the next. Raises
    LedgerError, and ProjectError if the options match nobody: nothing was changed then.
    """
    with held(project, issue_id) as ledger:
        refused = {row.address: row for row in ledger.deliveries(issue_id, State.REFUSED)}
        if not refused and not wanted.addresses:
            return Retried()
        chosen = _chosen(ledger, issue_id, refused, wanted)
        suppressed = ledger.suppressions.among(chosen)
        settled = ledger.resolutions.settle(
            issue_id,
            {
                address: Fate(State.QUEUED, "resolved by hand: retry")
                for address in chosen
                if address not in suppressed
            },
            how="retry",
            by=logged_in(),
            now=datetime.now(UTC),
            of=State.REFUSED,
        )
    return Retried(settled=len(settled), suppressed=len(suppressed))


def matches(pattern: str, said: str) -> bool:
    """Whether what a server said holds the pattern: in any case, `*` is any characters."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return bool(re.search(".*".join(parts), said, re.IGNORECASE | re.DOTALL))


def said_by_server(row: DeliveryRecord) -> str:
    """`550 5.1.1 No such user`."""
    return " ".join(filter(None, (f"{row.code or ''}", row.enhanced, row.text)))


def _chosen(
    ledger: Ledger, issue_id: str, refused: dict[str, DeliveryRecord], wanted: Wanted
) -> list[str]:
    """Each option must match somebody who was refused, and all of them together too."""
    rows = [*refused.values()]
    addresses = {*_addresses(ledger, issue_id, refused, wanted.addresses)}
    domains = {*_domains(rows, wanted.domains)}
    if wanted.reply and not any(matches(wanted.reply, said_by_server(row)) for row in rows):
        heard = Counter(
            said_by_server(replace(row, text=reason(row.text, row.address))) for row in rows
        )
        said = "; ".join(text for text, _ in heard.most_common(_MOST))
        raise ProjectError(f'--reply: no refusal says "{wanted.reply}". They say: {said}. {_KEPT}')
    chosen = [
        row.address
        for row in rows
        if (not addresses or row.address in addresses)
        and (not domains or domain(row.address) in domains)
        and (not wanted.reply or matches(wanted.reply, said_by_server(row)))
    ]
    if not chosen:
        raise ProjectError(f"Nobody who was refused matches all of that. {_KEPT}")
    return chosen


def _addresses(
    ledger: Ledger, issue_id: str, refused: dict[str, DeliveryRecord], written: Sequence[str]
) -> Iterator[str]:
    for one in written:
        address = canonical(one.strip())
        if address not in refused:
            address = named_address(one, "--address")
        if address not in refused:
            state = ledger.states(issue_id, [address]).get(address)
            like = did_you_mean(one, [*refused]) if state is None else ""
            how = f"is {state}, not refused" if state else f"was never planned for {issue_id}"
            raise ProjectError(" ".join(filter(None, (f"--address: {one} {how}.", like, _KEPT))))
        yield address


def _domains(rows: Sequence[DeliveryRecord], written: Sequence[str]) -> Iterator[str]:
    known = {domain(row.address) for row in rows}
    for one in written:
        name = one.strip().removeprefix("@").lower()
        name = name if name in known else _as_mailed(name)
        if name not in known:
            raise ProjectError(
                f"--domain: nobody at {one} was refused. {did_you_mean(one, known)} {_KEPT}"
            )
        yield name


def _as_mailed(name: str) -> str:
    """`bücher.example` as it stands in the ledger."""
    try:
        return domain(mailbox(f"x@{name}"))
    except BadAddress:
        return name
