"""resolve: a person or a mail log settles what nobody can know: was an unknown message taken?"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from newsletter_mailer.address import canonical
from newsletter_mailer.campaign.arguments import named_address, refuse_unknown_issue
from newsletter_mailer.campaign.logged_in_user import logged_in
from newsletter_mailer.campaign.newsletter_identity import refuse_another_newsletter
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sent_file import refuse_another_ledger, witnesses
from newsletter_mailer.deliver.postfix_log import LONGEST_LINE, PostfixLog
from newsletter_mailer.errors import LedgerError, ProjectError
from newsletter_mailer.issue.issue_folders import checked_id
from newsletter_mailer.store.ledger import Ledger
from newsletter_mailer.store.resolutions import Fate, UnknownRow
from newsletter_mailer.store.states import State

_GZIP = b"\x1f\x8b"  #: RFC 1952 section 2.3.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a mail log settled."""

    by_status: Counter[str] = field(default_factory=Counter)  #: what became of those that it shows
    left: Sequence[UnknownRow] = ()  #: not in the log
    began: str = ""  #: moments of the log's first and last line, as it writes them
    ended: str = ""
    is_whole: bool = True  #: False: a compressed log is damaged from some place on

    @property
    def settled(self) -> int:
        return self.by_status.total()


def resolve_unknown(
    project: Project,
    issue_id: str,
    decision: Literal["resend", "assume-sent"],
    addresses: Collection[str] = (),
) -> int:
    """How many rows were settled as a person decided; of these `addresses` only, if there are any.

    A resent message has the same Message-ID and Date, so that receivers can drop the copy. Raises
    LedgerError, ProjectError.
    """
    state = State.QUEUED if decision == "resend" else State.SENT
    fate = Fate(state, f"resolved by hand: {decision}")
    with held(project, issue_id) as ledger:
        unknown = [row.address for row in ledger.resolutions.unknown(issue_id)]
        chosen = _chosen(unknown, addresses)
        settled = ledger.resolutions.settle(
            issue_id,
            dict.fromkeys(chosen, fate),
            how=decision,
            by=logged_in(),
            now=datetime.now(UTC),
        )
    return len(settled)


def resolve_by_log(project: Project, issue_id: str, file: Path) -> Proof:
    """Takes as sent whatever a Postfix log shows as taken over; the rest stays unknown.

    Raises LedgerError, ProjectError.
    """
    with held(project, issue_id) as ledger:
        unknown = {row.message_id: row for row in ledger.resolutions.unknown(issue_id)}
        log = PostfixLog(unknown)
        is_whole = _read(file, log)
        if not log.began:
            raise ProjectError(
                f"{file} holds no line of a Postfix log, so it proves nothing. Ask whoever runs "
                "the mail server for its mail.log of that day."
            )
        ledger.resolutions.settle(
            issue_id,
            {
                unknown[message_id].address: Fate(State.SENT, str(sighting))
                for message_id, sighting in log.taken.items()
            },
            how="evidence",
            by=logged_in(),
            now=datetime.now(UTC),
            log=file.name,
        )
    return Proof(
        by_status=Counter(sighting.status for sighting in log.taken.values()),
        left=[row for message_id, row in unknown.items() if message_id not in log.taken],
        began=log.began,
        ended=log.ended,
        is_whole=is_whole,
    )


@contextmanager
def held(project: Project, issue_id: str) -> Iterator[Ledger]:
    """The ledger, for this process alone. Raises LedgerError, ProjectError."""
    checked_id(issue_id)
    store = project.ledger
    if not store.is_there():
        refuse_unknown_issue(project, issue_id, None)
        refuse_another_ledger(project, issue_id, None)
        raise LedgerError("There is no ledger yet: nothing was sent from here.")
    with store.open(may_be_new=False) as ledger:
        ledger.hold(witnesses(project))
        refuse_unknown_issue(project, issue_id, ledger)
        refuse_another_ledger(project, issue_id, ledger)
        refuse_another_newsletter(project, issue_id, ledger)
        yield ledger


def _chosen(unknown: Sequence[str], addresses: Collection[str]) -> Sequence[str]:
    """Raises ProjectError for an address that is not unknown: a slip, or settled already."""
    wanted = {_as_known(address, unknown): address for address in addresses}
    for address, written in wanted.items():
        if address not in unknown:
            raise ProjectError(f"--address: {written} is not unknown; nothing was changed.")
    return [*wanted] or unknown


def _as_known(written: str, known: Collection[str]) -> str:
    """Canonical. Raises ProjectError."""
    address = canonical(written.strip())
    return address if address in known else named_address(written, "--address")


def _read(file: Path, log: PostfixLog) -> bool:
    """Whether it could be read to its end. Raises ProjectError if it cannot be read at all."""
    try:
        with file.open("rb") as octets:
            if octets.peek(2).startswith(_GZIP):
                with gzip.GzipFile(fileobj=octets) as unpacked:
                    return _read_unpacked(unpacked, log)
            return _read_unpacked(octets, log)
    except OSError as fault:
        raise ProjectError(f"{file} cannot be read: {fault.strerror or fault}.") from None


def _read_unpacked(octets: BinaryIO | gzip.GzipFile, log: PostfixLog) -> bool:
    is_rest = False  # of a line that is longer than any of Postfix's: it could begin like one
    try:
        while line := octets.readline(LONGEST_LINE):
            is_cut = not line.endswith(b"\n") and len(line) == LONGEST_LINE
            if not (is_rest or is_cut):
                log.read(line)
            is_rest = is_cut
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False
    return True
