"""The small file beside a ledger that says which use of it was the last."""

from __future__ import annotations

import json
from pathlib import Path

from newsletter_mailer.durable import replace_file
from newsletter_mailer.errors import LedgerError
from newsletter_mailer.store.generation import HIGHEST, Generation, Witness, restore_command

_LONGEST = 4_096  #: octets


def generation_file(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.generation")


def read_generation(ledger: Path) -> Witness | None:
    """What the file beside the ledger says; None where there is none. Raises LedgerError."""
    file = generation_file(ledger)
    try:
        with file.open("rb") as octets:
            told = json.loads(octets.read(_LONGEST))
        number = told["number"]
        if not isinstance(number, int) or not 0 <= number <= HIGHEST:
            raise ValueError(number)
        return Witness(
            ledger=str(told["ledger"]),
            generation=Generation(number, str(told["token"])),
            file=str(file),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise LedgerError(
            f"{file} cannot be read, so it is not known whether the ledger beside it is the last "
            "one. Put both back from the same backup, or decide that this one counts: "
            f"{restore_command(ledger)}."
        ) from None


def write_generation(ledger: Path, ledger_id: str, generation: Generation) -> None:
    """On the disk for good when it returns. Raises LedgerError."""
    told = {"ledger": ledger_id, "number": generation.number, "token": generation.token}
    file = generation_file(ledger)
    try:
        replace_file(file, f"{json.dumps(told)}\n", mode=0o600)
    except OSError as fault:
        raise LedgerError(
            f"{file} cannot be written: {fault.strerror}. No message leaves without it."
        ) from None
