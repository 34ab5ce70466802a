"""Who runs the command, for the record."""

from __future__ import annotations

import getpass
import socket

from newsletter_mailer.store.runs import By


def logged_in() -> By:
    """Empty where the system does not say."""
    try:
        who = getpass.getuser()
    except (OSError, KeyError, ImportError):
        who = ""
    return By(who=who, host=socket.gethostname())
