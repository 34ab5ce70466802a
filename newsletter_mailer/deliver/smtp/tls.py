"""TLS between bytes and bytes, without a socket.

So that what is encrypted goes to the kernel in our own writes, and it is known when all of it has.
"""

from __future__ import annotations

import ssl

from newsletter_mailer.errors import CertificateRefused
from newsletter_mailer.settings.smtp import SmtpSettings

_PIECE = 1 << 16


class Tls:
    """One side of a session, the client's."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.is_over = False  #: the peer said goodbye

    def shake_hands(self, octets: bytes) -> tuple[bytes, bool]:
        """What the peer sent goes in; comes out: what to write, and whether it is done.

        Raises ssl.SSLError.
        """
        self._incoming.write(octets)
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return self._outgoing.read(), False
        return self._outgoing.read(), True

    def encrypt(self, octets: bytes) -> bytes:
        """Raises ssl.SSLError."""
        self._session.write(octets)
        return self._outgoing.read()

    def decrypt(self, octets: bytes) -> bytes:
        """What is readable now; empty if a record is not complete. Raises ssl.SSLError."""
        self._incoming.write(octets)
        parts: list[bytes] = []
        try:
            while part := self._session.read(_PIECE):
                parts.append(part)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self.is_over = True
        return b"".join(parts)


def context_of(settings: SmtpSettings) -> ssl.SSLContext:
    """Certificates are checked, TLS 1.2 is the least (RFC 8314, RFC 8996).

    Raises CertificateRefused.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except (OSError, ssl.SSLError):
        raise CertificateRefused(
            f"SMTP_CA_FILE={settings.ca_file} is not a readable certificate file."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
