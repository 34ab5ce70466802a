"""The command line: words in, a job, words and an exit code out. Typer lives only here."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """The console script. Exit codes: 0 all done, 1 nothing was handed over, 2 usage, 3 in part."""
    from newsletter_mailer.cli.streams import last_to_the_end

    last_to_the_end()
    from newsletter_mailer.cli.app import app
    from newsletter_mailer.cli.ending import run_to_the_end
    from newsletter_mailer.cli.output import Spoken

    logging.lastResort = Spoken(logging.WARNING)
    sys.exit(run_to_the_end(app))
