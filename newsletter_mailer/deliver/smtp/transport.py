"""SMTP as a way out: a relay takes the mail (RFC 6409 submission, as a rule)."""

from __future__ import annotations

from newsletter_mailer.deliver.smtp.connection import SmtpConnection
from newsletter_mailer.deliver.smtp.session import PATIENT, Session, Timeouts, connect
from newsletter_mailer.deliver.transport import Key, Limits, Owner
from newsletter_mailer.settings.smtp import SmtpSettings


class SmtpTransport:
    """Transport.

    The session that proves that the server can be used becomes the first connection.
    """

    when_silent = "look at SMTP_TIMEOUT in .env if you set it"

    def __init__(self, settings: SmtpSettings, sender: str, timeouts: Timeouts = PATIENT) -> None:
        self._settings, self._sender, self._timeouts = settings, sender, timeouts
        self._proof: Session | None = None
        self.name = settings.host
        self.limits = Limits()

    async def open(self) -> None:
        self._proof = await self._session()
        self.limits = self._proof.limits

    async def connect(self, owner: Owner[Key]) -> SmtpConnection[Key]:
        session, self._proof = self._proof, None
        return SmtpConnection(session or await self._session(), owner)

    async def close(self) -> None:
        session, self._proof = self._proof, None
        if session is not None:
            await session.say_goodbye()

    async def _session(self) -> Session:
        return await connect(self._settings, self._sender, self._timeouts)


def transport(settings: SmtpSettings, sender: str) -> SmtpTransport:
    """deliver.transport.transport_of"""
    return SmtpTransport(settings, sender)
