"""How a session begins, as a state machine without a network: greeting, EHLO, STARTTLS, AUTH.

Yields what to do next and is sent the reply to it (RFC 5321 section 3.1, RFC 3207, RFC 4954).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum

from newsletter_mailer.deliver.answers.stop_reasons import what_it_means
from newsletter_mailer.deliver.smtp.answer import answer_of
from newsletter_mailer.deliver.smtp.extensions import Extensions, extensions_of
from newsletter_mailer.deliver.smtp.login import choose, exchange, wanted
from newsletter_mailer.deliver.smtp.replies import Reply
from newsletter_mailer.deliver.smtp.stage import Stage
from newsletter_mailer.errors import CannotConnect, LoginRefused


class Act(Enum):
    """What to do that is no line to write."""

    LISTEN = "wait for the greeting"
    ENCRYPT = "do the TLS handshake"


#: Yields a line without CRLF, or an Act; is sent the reply, after ENCRYPT an empty one.
Initiation = Generator[str | Act, Reply, Extensions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who begins the session, and with whom."""

    where: str  #: host:port, for sentences
    helo_name: str
    starttls: bool
    username: str = ""  #: empty: no login
    secret: str = field(default="", repr=False)  #: the password, or the token of XOAUTH2
    with_token: bool = False


def initiation(caller: Caller) -> Initiation:
    """Raises CannotConnect, LoginRefused."""
    _want(220, (yield Act.LISTEN), caller)
    offered = yield from _hello(caller)
    if caller.starttls:
        if not offered.starttls:
            raise CannotConnect(
                f"{caller.where} offers no STARTTLS, so the connection would not be encrypted. "
                f"{LOOK}."
            )
        _want(220, (yield "STARTTLS"), caller)
        yield Act.ENCRYPT
        # What was offered in the clear may be anybody's words (RFC 3207 section 4.2).
        offered = yield from _hello(caller)
    if caller.username:
        yield from _login(caller, offered)
    return offered


LOOK = "Look at SMTP_HOST, SMTP_PORT and SMTP_SECURITY in .env"


def _hello(caller: Caller) -> Initiation:
    """EHLO, or HELO for a server that does not know it (section 4.1.4)."""
    reply = yield f"EHLO {caller.helo_name}"
    if reply.code in (500, 501, 502, 504, 550):
        _want(250, (yield f"HELO {caller.helo_name}"), caller)
        return Extensions()
    _want(250, reply, caller)
    return extensions_of(reply.lines[1:])


def _want(code: int, reply: Reply, caller: Caller) -> None:
    if reply.code != code:
        said, means = _explained(reply)
        raise CannotConnect(f"{caller.where} does not want us: {said}. {means}".rstrip())


def _login(caller: Caller, offered: Extensions) -> Generator[str | Act, Reply, None]:
    mechanism = choose(offered.mechanisms, with_token=caller.with_token)
    if mechanism is None:
        known = ", ".join(offered.mechanisms)
        raise LoginRefused(
            f"{caller.where} offers no login by {', '.join(wanted(with_token=caller.with_token))}"
            + (f" (but {known})" if known else "")
            + ", but SMTP_USERNAME is set. Remove it from .env, or use the port for submission "
            "(587 or 465) with encryption."
        )
    reply = yield from exchange(mechanism, caller.username, caller.secret)
    if reply.kind == 4:  # RFC 4954 section 6: it cannot tell now, and may later
        raise CannotConnect(f"{caller.where} cannot check the login now: {reply}. Try again later.")
    if reply.kind != 2:
        where = "SMTP_TOKEN_COMMAND" if caller.with_token else "SMTP_PASSWORD"
        said, means = _explained(reply)
        raise LoginRefused(
            f"{caller.where} refuses the login of {caller.username}: {said}. "
            + (means or f"Look at SMTP_USERNAME and {where} in .env.")
        )


def _explained(reply: Reply) -> tuple[str, str]:
    """The server's words with their code, and what they are known to mean."""
    answer = answer_of(reply, Stage.MAIL)
    said = answer.outcome.words
    if reply.kind not in (4, 5):
        return said, ""
    verdict = answer.verdict()
    return said, what_it_means(verdict) if verdict.is_known else ""
