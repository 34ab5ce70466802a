"""Why we stop: one honest sentence for a person, caught once, in `cli`.

NewsletterError
├── ContentError      findings of severity error: nothing may leave
│   └── PastDates         all of them tell of what is past: it may be sent as it is, on purpose
├── ProjectError      no project, no such issue, settings that cannot work
├── LedgerError       the memory of what was sent cannot be trusted or written
│   ├── LedgerBusy        another sender holds it
│   └── OutdatedLedger    a newer one, or another copy of it, went on
├── DeliveryError     the server cannot be used at all
│   ├── CannotConnect
│   ├── LoginRefused
│   └── CertificateRefused
├── NotApproved       nobody signed off what readers would see
├── NotConfirmed      a person said no, or was not asked
└── CannotPrint       standard output does not take what a command answers
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter_mailer.findings import Finding


class NewsletterError(Exception):
    """Something stops us. The text is one sentence, and says what to do."""


class ContentError(NewsletterError):
    """The newsletter's files are wrong. Carries every finding, warnings too."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("The newsletter has errors; nothing was sent.")
        self.findings = tuple(findings)


class PastDates(ContentError):
    """Nothing is wrong but that it comes late. The text says what is past."""

    def __init__(self, findings: Sequence[Finding], sentence: str) -> None:
        super().__init__(findings)
        self.args = (sentence,)


class ProjectError(NewsletterError):
    """There is no such project or issue, or its settings cannot work."""


class LedgerError(NewsletterError):
    """The ledger is missing its mind: corrupt, newer than we are, or not writable."""


class DamagedLedger(LedgerError):
    """What stands in it makes no sense."""


class LedgerBusy(LedgerError):
    """Another sender is at work on this ledger."""


class OutdatedLedger(LedgerError):
    """What stands outside the ledger tells of a use that it does not know."""


class DeliveryError(NewsletterError):
    """The SMTP server cannot be used; no message was handed over."""


class CannotConnect(DeliveryError):
    """No answer, or not an SMTP server."""


class LoginRefused(DeliveryError):
    """The server does not take the user name and password (RFC 4954)."""


class CertificateRefused(DeliveryError):
    """The server's certificate does not prove who it is."""


class NotApproved(NewsletterError):
    """The project asks for an approval, and what readers would see has none."""


class NotConfirmed(NewsletterError):
    """Nobody said yes to mailing the readers."""


class CannotPrint(NewsletterError):
    """The disk behind standard output is full, say."""
