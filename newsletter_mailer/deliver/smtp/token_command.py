"""The access token of XOAUTH2: the person's own command prints it.

Neither the command, whose arguments may be secrets, nor what it prints is ever told.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess

from newsletter_mailer.errors import LoginRefused

_LONGEST_WAIT = 60  #: seconds
#: Octets: a line of AUTH has 12,288 at most (RFC 4954 section 4), and base64 needs a third more.
_LONGEST = 9_000
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  #: RFC 6750 section 2.1
#: What programs print in place of a token that they do not have.
_NOTHING = frozenset({"null", "none", "nil", "undefined", "false", "error", "failed"})


def access_token(command: str) -> str:
    """Raises LoginRefused."""
    try:
        done = subprocess.run(  # noqa: S603  # the command is the person's own, from .env
            arguments(command, os.name), capture_output=True, timeout=_LONGEST_WAIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token in {_LONGEST_WAIT} seconds. Run it by hand: it may "
            "be waiting for somebody to log in."
        ) from None
    except OSError as fault:
        raise LoginRefused(f"SMTP_TOKEN_COMMAND cannot be run: {fault.strerror}.") from None
    except ValueError:
        raise LoginRefused(
            "SMTP_TOKEN_COMMAND is not understood: look at its quotes in .env."
        ) from None
    if done.returncode:
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token (exit code {done.returncode}). Run it by hand."
        )
    try:
        return token_in(done.stdout)
    except ValueError as why:
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token: it printed {why}. Run it by hand; it must print "
            "the token and nothing else."
        ) from None


def arguments(command: str, system: str) -> str | list[str]:
    """`system`: as `os.name` has it. Raises ValueError for quotes that do not close.

    On Windows a program takes its line apart by itself (CreateProcess), and a path in quotes may
    have spaces; elsewhere words are those of a POSIX shell.
    """
    if system == "nt":
        return command
    words = shlex.split(command)
    if not words:
        raise ValueError("no words")
    return words


def token_in(printed: bytes) -> str:
    """What a command printed, if it is a token. Raises ValueError, which says what it is instead.

    A first line that is no token is not sent as one: it may be an error that names secrets.
    """
    text = printed.decode("ascii", "replace").strip()
    if not text or text.lower() in _NOTHING:
        raise ValueError("nothing" if not text else "a word that means nothing")
    if len(text) > _LONGEST:
        raise ValueError(f"{len(text):,} characters, and a token has {_LONGEST:,} at most")
    if _TOKEN.fullmatch(text):
        return text
    if text.startswith(("{", "[", '"')):
        raise ValueError("JSON")
    if text.startswith("<"):
        raise ValueError("a page of HTML")
    if "\n" in text or "\r" in text:
        raise ValueError("several lines")
    raise ValueError("something else")
