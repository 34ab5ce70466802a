"""Where the details of our own mistakes end: a file that a person can send us."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable

from newsletter_mailer.characters.terminal import legible
from newsletter_mailer.cli.terminal.printing import say
from newsletter_mailer.findings import Finding


def crash_file(details: str) -> str:
    """Writes them to a new file that nobody else can read, and gives its path."""
    descriptor, path = tempfile.mkstemp(prefix="newsletter-mailer-crash-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as log:
        log.write(legible(details))
    return path


def tell_failures(findings: Iterable[Finding]) -> None:
    """Says where the details are of rules that failed, if any did."""
    details = [f"{one.message}\n\n{one.traceback}" for one in findings if one.traceback]
    if details:
        say(f"The details of the mistake in the program are in {crash_file(chr(10).join(details))}")
