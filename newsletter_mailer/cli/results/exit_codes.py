"""How a command ends: every exception becomes one sentence and an exit code, here and only here."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from newsletter_mailer.cli.results.crash_file import crash_file
from newsletter_mailer.cli.results.findings import print_findings, sum_up
from newsletter_mailer.cli.terminal.printing import say
from newsletter_mailer.errors import ContentError, NewsletterError, PastDates

DONE, NOTHING_SENT, USAGE, SENT_IN_PART = 0, 1, 2, 3  #: SENT: handed over, answered or not

_INTERRUPTED = 130  #: how typer ends a command at Ctrl-C

#: Whether a message was handed over in this process; a crash afterwards must say so.
_handed_over = False


def note_handed_over() -> None:
    global _handed_over
    _handed_over = True


def run_to_the_end(command: Callable[[], object]) -> int:
    """The exit code."""
    try:
        command()
    except SystemExit as ended:
        return _code_of(ended)
    except PastDates as stopped:
        print_findings(stopped.findings)
        say(f"error: {stopped}")
    except ContentError as stopped:
        print_findings(stopped.findings)
        say(f"{sum_up(stopped.findings)} Mend the errors first; nothing was done.")
    except NewsletterError as stopped:
        say(f"error: {stopped}")
    except BrokenPipeError:
        pass  # whoever read our output has gone; nobody is left to tell
    except KeyboardInterrupt:
        say(f"Stopped. {_where_we_stand()}")
    except Exception as fault:  # noqa: BLE001  # where bugs end: one sentence, details in a file
        say(
            f"error: something in the program itself went wrong ({type(fault).__name__}). "
            f"{_where_we_stand()} The details are in {crash_file(traceback.format_exc())}"
        )
    else:
        return DONE
    return code_in_part()


def code_in_part() -> int:
    """Of a command that could not do all: by what became of the mail, whatever else failed."""
    return SENT_IN_PART if _handed_over else NOTHING_SENT


def _code_of(ended: SystemExit) -> int:
    """What typer ends with, kept to the four codes."""
    if ended.code is None:
        return DONE
    if ended.code == _INTERRUPTED:
        say(f"Stopped. {_where_we_stand()}")
    elif ended.code in (DONE, USAGE, SENT_IN_PART) and isinstance(ended.code, int):
        return ended.code
    return code_in_part()


def _where_we_stand() -> str:
    if _handed_over:
        return (
            "Messages had left already; the ledger, or the journal beside it, has them, and "
            "running send again mails only those who are still owed theirs."
        )
    return "Nothing was sent."
