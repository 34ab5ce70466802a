"""The small file beside a ledger that says which use of it was the last, and of each issue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # values of a JSON object

from newsletter_mailer.errors import LedgerError
from newsletter_mailer.files.durable import replace_file
from newsletter_mailer.store.generation import HIGHEST, Generation, Witness, restore_command

_LONGEST = 1 << 20  #: octets: more than 10,000 issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands there."""

    ledger: str  #: its id
    witnesses: Sequence[Witness]  #: of the last use, and of the last sending of each issue
    in_file: int  #: number of a use that the ledger's file has for sure, also without its log


def generation_file(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.generation")


def read_generation(ledger: Path) -> Beside | None:
    """None where there is no such file. Raises LedgerError."""
    file = generation_file(ledger)
    try:
        with file.open("rb") as octets:
            told = json.loads(octets.read(_LONGEST))
        return _beside(told, str(file))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise LedgerError(
            f"{file} cannot be read, so it is not known whether the ledger beside it is the last "
            "one. Put both back from the same backup, or decide that this one counts: "
            f"{restore_command(ledger)}."
        ) from None


def _beside(told: Mapping[str, Any], file: str) -> Beside:
    """Raises ValueError, TypeError, KeyError, AttributeError for what we do not write."""
    ledger, in_file = str(told["ledger"]), told.get("in_file", 0)
    generations = {"": (told["number"], told["token"]), **told.get("issues", {})}
    for number in (in_file, *(number for number, _ in generations.values())):
        if not isinstance(number, int) or not 0 <= number <= HIGHEST:
            raise ValueError(number)
    witnesses = [
        Witness(ledger=ledger, generation=Generation(number, str(token)), file=file, issue=issue)
        for issue, (number, token) in generations.items()
    ]
    return Beside(ledger=ledger, witnesses=witnesses, in_file=in_file)


def write_generation(
    ledger: Path,
    ledger_id: str,
    last: Generation,
    issues: Mapping[str, Generation],
    *,
    in_file: Generation | None,
) -> None:
    """On the disk for good when it returns. Raises LedgerError.

    `issues`: the last use that sent each. `in_file`: one that the ledger's file has by now; None:
    the same as before.
    """
    told = {
        "ledger": ledger_id,
        "number": last.number,
        "token": last.token,
        "in_file": in_file.number if in_file else _in_file_before(ledger, ledger_id),
        "issues": issues,
    }
    file = generation_file(ledger)
    try:
        replace_file(file, f"{json.dumps(told)}\n", mode=0o600)
    except OSError as fault:
        raise LedgerError(
            f"{file} cannot be written: {fault.strerror}. Make room or correct the rights, and run "
            "the command again; the ledger knows what was done."
        ) from None


def _in_file_before(ledger: Path, ledger_id: str) -> int:
    try:
        before = read_generation(ledger)
    except LedgerError:  # it is written anew
        return 0
    return before.in_file if before is not None and before.ledger == ledger_id else 0
