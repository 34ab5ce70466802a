"""AUTH (RFC 4954): who we are, told to the server. Each mechanism yields lines and gets replies.

RFC 4616 has names and passwords as UTF-8.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Generator, Mapping, Sequence

from newsletter_mailer.deliver.smtp.replies import Reply

#: Yields lines to write, without CRLF; is sent the reply to each; returns the last one.
Exchange = Generator[str, Reply, Reply]


def choose(offered: Sequence[str], *, with_token: bool) -> str | None:
    """The safest mechanism that both sides know."""
    return next((one for one in wanted(with_token=with_token) if one in offered), None)


def wanted(*, with_token: bool) -> tuple[str, ...]:
    return ("XOAUTH2",) if with_token else ("CRAM-MD5", "PLAIN", "LOGIN")


def exchange(mechanism: str, name: str, secret: str) -> Exchange:
    return _MECHANISMS[mechanism](name.encode(), secret.encode())


def _plain(name: bytes, password: bytes) -> Exchange:
    """RFC 4616."""
    words = b"\0%b\0%b" % (name, password)
    return (yield f"AUTH PLAIN {_base64(words)}")


def _login(name: bytes, password: bytes) -> Exchange:
    """Never standardised; Microsoft's servers like it."""
    reply = yield "AUTH LOGIN"
    for word in (name, password):
        if reply.code == 334:
            reply = yield _base64(word)
    return reply


def _cram_md5(name: bytes, password: bytes) -> Exchange:
    """RFC 2195."""
    reply = yield "AUTH CRAM-MD5"
    if reply.code != 334:
        return reply
    try:
        challenge = base64.b64decode(reply.text)
    except binascii.Error:
        return reply
    digest = hmac.new(password, challenge, "md5").hexdigest()
    return (yield _base64(name + b" " + digest.encode()))


def _xoauth2(name: bytes, token: bytes) -> Exchange:
    """Microsoft's and Google's; like RFC 7628, whose section 3.2.3 has the second challenge."""
    words = b"user=%b\x01auth=Bearer %b\x01\x01" % (name, token)
    reply = yield f"AUTH XOAUTH2 {_base64(words)}"
    if reply.code == 334:  # it holds the server's error; the refusal itself follows an empty answer
        reply = yield ""
    return reply


_MECHANISMS: Mapping[str, Callable[[bytes, bytes], Exchange]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
    "XOAUTH2": _xoauth2,
}


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
