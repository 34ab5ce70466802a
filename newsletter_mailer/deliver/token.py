"""The access token of XOAUTH2: the person's own command prints it."""

from __future__ import annotations

import os
import shlex
import subprocess

from newsletter_mailer.errors import LoginRefused

_LONGEST_WAIT = 60  #: seconds


def access_token(command: str) -> str:
    """Raises LoginRefused."""
    try:
        words = shlex.split(command, posix=os.name != "nt")
        done = subprocess.run(  # noqa: S603  # the command is the person's own, from .env
            words, capture_output=True, text=True, timeout=_LONGEST_WAIT, check=False
        )
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as fault:
        raise LoginRefused(f"SMTP_TOKEN_COMMAND cannot be run: {fault}.") from None
    if done.returncode or not done.stdout.strip():
        raise LoginRefused(
            f"SMTP_TOKEN_COMMAND gave no token (exit code {done.returncode}). Run it by hand."
        )
    return done.stdout.strip()
