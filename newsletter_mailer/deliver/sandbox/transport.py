"""The sandbox as a way out: real SMTP, to a server that runs as long as the transport is open."""

from __future__ import annotations

from contextlib import AsyncExitStack

from newsletter_mailer.deliver.sandbox.server import delivering_into
from newsletter_mailer.deliver.smtp.connection import SmtpConnection
from newsletter_mailer.deliver.smtp.transport import SmtpTransport
from newsletter_mailer.deliver.transport import Key, Limits, Owner
from newsletter_mailer.settings.sandbox import SandboxSettings
from newsletter_mailer.settings.smtp import SmtpSettings

_HOST = "127.0.0.1"


class SandboxTransport:
    """Transport."""

    when_silent = ""

    _smtp: SmtpTransport  #: to the server, since it runs

    def __init__(self, settings: SandboxSettings, sender: str) -> None:
        self._folder, self._sender = settings.folder, sender
        self._opened = AsyncExitStack()
        self.name = _HOST
        self.limits = Limits()

    async def open(self) -> None:
        """Raises DeliveryError, also if the folder cannot be written."""
        port = self._opened.enter_context(delivering_into(self._folder))
        settings = SmtpSettings(host=_HOST, port=port, security="none")
        self._smtp = SmtpTransport(settings, self._sender)
        self._opened.push_async_callback(self._smtp.close)
        await self._smtp.open()
        self.limits = self._smtp.limits

    async def connect(self, owner: Owner[Key]) -> SmtpConnection[Key]:
        return await self._smtp.connect(owner)

    async def close(self) -> None:
        await self._opened.aclose()


def transport(settings: SandboxSettings, sender: str) -> SandboxTransport:
    """deliver.transport.transport_of"""
    return SandboxTransport(settings, sender)
