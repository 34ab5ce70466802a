"""The command line: words in, a job, words and an exit code out. Typer lives only here."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """The console script. Exit codes: 0 all done, 1 nothing was handed over, 2 usage, 3 in part."""
    from newsletter_mailer.cli.terminal.standard_streams import last_to_the_end
    from newsletter_mailer.garbage_collector import look_no_more, look_seldom

    look_seldom()
    last_to_the_end()
    from newsletter_mailer.cli.app import app
    from newsletter_mailer.cli.results.exit_codes import run_to_the_end
    from newsletter_mailer.cli.terminal.printing import Spoken

    logging.lastResort = Spoken(logging.WARNING)
    code = run_to_the_end(app)
    look_no_more()
    sys.exit(code)
