"""issues/ID/sent.toml: says, in the repository, that an issue was sent, and with which ledger.

It is one of the witnesses of the ledger's last use: a ledger that does not know that use is older.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any  # values of a TOML table

from newsletter_mailer.campaign.project import SENT_FILE, Project
from newsletter_mailer.errors import LedgerBusy, ProjectError
from newsletter_mailer.files.durable import replace_file
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.issue.issue_folders import issue_ids
from newsletter_mailer.store.generation import (
    HIGHEST,
    NEVER_USED,
    Generation,
    Progress,
    Witness,
    restore_command,
)
from newsletter_mailer.store.journal.progress_file import ProgressFile, in_toml, progress_in
from newsletter_mailer.store.ledger import Ledger

_HEADING = """\
# Written by send, at each run. Commit it: another machine then knows that this issue was sent, and
# with which ledger; and an older copy of the ledger is told by it.
"""
_HOW_FAR = """
# How far that run has come: this changes while messages leave, and goes when it ends.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """That an issue was sent."""

    issue: str  #: the id that it was sent with; empty in a file of an older version
    ledger: str  #: id of the ledger that knows who has it
    when: datetime  #: the first real run
    content_hash: str  #: as it was then
    run: int = 0  #: the last one's number
    generation: Generation = NEVER_USED  #: of the ledger, at the last run
    progress: Progress | None = None  #: of the last run, if it did not end
    lists: Mapping[str, int]  #: how many people each had, at the first run


def read_sent(project: Project, issue_id: str) -> Sent | None:
    """None where the issue was never sent. Raises ProjectError for a file that says nothing."""
    file = project.sent_file(issue_id)
    if not file.is_file():
        return None
    name = file.relative_to(project.root).as_posix()
    read = read_toml(file, name)
    try:
        if read.findings:
            raise ValueError(read.findings)
        return _sent(read.table)
    except (ValueError, KeyError, TypeError):
        ledger = project.ledger
        raise ProjectError(
            f"{name} cannot be read, so it is not known whether this issue was sent, and with "
            "which ledger. Restore it from your version control or a backup. If there is none: "
            f"delete it if nobody ever got the issue; else {restore_command(ledger)} "
            "writes it anew, and whoever is still owed the issue is unknown then."
        ) from None


def _sent(table: Mapping[str, Any]) -> Sent:
    """Raises ValueError, KeyError, TypeError for what send does not write."""
    when, lists = table["when"], table.get("lists", {})
    if not isinstance(lists, dict):
        raise TypeError
    texts = [table["ledger"], table["content_hash"], table.get("issue", ""), table.get("token", "")]
    numbers = [table.get("run", 0), table.get("generation", 0), *lists.values()]
    if not all(isinstance(one, str) for one in texts) or not isinstance(when, datetime):
        raise TypeError
    if not all(isinstance(one, int) and 0 <= one <= HIGHEST for one in numbers):
        raise ValueError
    ledger, content_hash, issue, token = texts
    run, generation, *_ = numbers
    return Sent(
        issue=issue,
        ledger=ledger,
        when=when if when.tzinfo else when.replace(tzinfo=UTC),
        content_hash=content_hash,
        run=run,
        generation=Generation(generation, token),
        progress=progress_in(table),
        lists=dict(lists),
    )


def witnesses(project: Project) -> list[Witness]:
    """What the issues' sent.toml say of ledgers. One that cannot be read says nothing here."""
    return [
        Witness(
            ledger=sent.ledger,
            generation=sent.generation,
            file=f"issues/{issue_id}/{SENT_FILE}",
            issue=sent.issue or issue_id,
            progress=sent.progress,
        )
        for issue_id, sent in all_sent(project)
    ]


def unreadable_sent(project: Project) -> list[str]:
    """The issues whose sent.toml says nothing."""
    unreadable = []
    for issue_id in issue_ids(project.root):
        try:
            read_sent(project, issue_id)
        except ProjectError:
            unreadable.append(issue_id)
    return unreadable


def all_sent(project: Project) -> Iterator[tuple[str, Sent]]:
    """Every issue that says that it was sent, by the name of its folder."""
    for issue_id in issue_ids(project.root):
        try:
            sent = read_sent(project, issue_id)
        except ProjectError:
            continue  # told when that issue is sent
        if sent is not None:
            yield issue_id, sent


def refuse_another_ledger(project: Project, issue_id: str, ledger: Ledger | None) -> None:
    """Whoever cloned the project has no memory of what was sent: stop before sending it twice.

    Raises ProjectError.
    """
    sent = read_sent(project, issue_id)
    if sent is None:
        return
    name = f"issues/{issue_id}/{SENT_FILE}"
    if sent.issue and sent.issue != issue_id:
        raise ProjectError(
            f"{name} says that this issue was sent as {sent.issue}: under another name everybody "
            f"would get it again. Name the folder issues/{sent.issue} again. (If this is another "
            f"issue that was begun as a copy, delete {name}.)"
        )
    if ledger is None:
        _refuse_made_meanwhile(project)
    if ledger is None or ledger.id != sent.ledger:
        here = "there is none here" if ledger is None else "the one here does not know who got it"
        begin = "newsletter-mailer ledger begin, and " if ledger is None else ""
        raise ProjectError(
            f"This issue was sent with another ledger ({sent.ledger}): {here}. Run send where that "
            "ledger is; or have it go on here: there newsletter-mailer ledger move FILE, and here "
            f"newsletter-mailer ledger restore FILE. If it is lost for good: {begin}"
            f"{restore_command(project.ledger)} --in-doubt {issue_id}; then whoever is to get "
            f"it is unknown, and you decide. (If nobody ever got the issue, delete {name}.)"
        )
    if ledger.issue(issue_id) is None and sent.generation == NEVER_USED:
        raise ProjectError(
            f"{name} says that this issue was sent with the ledger {project.ledger}, which "
            "does not know it: it is an older copy. Put the newer one "
            f"back{project.ledger.carried_with}. If it is lost: {restore_command(project.ledger)}."
        )


def refuse_lost_ledger(project: Project) -> None:
    """There is no ledger here, and issues were sent with one. Raises ProjectError."""
    for issue_id, sent in all_sent(project):
        _refuse_made_meanwhile(project)
        raise ProjectError(
            f"There is no ledger at {project.ledger}, and issues/{issue_id}/{SENT_FILE} "
            f"names one ({sent.ledger}): it knows who got what, and who wants no more mail. Put it "
            f"there{project.ledger.carried_with}, or a copy: newsletter-mailer ledger restore "
            "FILE. "
            "If it is lost for good, begin a new one: newsletter-mailer ledger begin."
        )


def _refuse_made_meanwhile(project: Project) -> None:
    """A ledger that was not there a moment ago, and is there now, is another send's first one.

    It is there before any sent.toml names it. Raises LedgerBusy.
    """
    ledger = project.ledger.read()
    if ledger is not None:
        ledger.close()
        raise LedgerBusy(
            f"Another send is at work with {project.ledger}. Wait until it ends, then run again."
        )


def write_begun(
    project: Project,
    issue_id: str,
    *,
    ledger: Ledger,
    run: int,
    journal: str,
    content_hash: str,
    now: datetime,
    list_sizes: Mapping[str, int],
) -> Sent:
    """At each run, before its first message leaves. What was written. Raises ProjectError.

    `journal`: the token of the run's. `list_sizes`: people by list, with which a later issue's
    lists are compared.
    """
    sent = read_sent(project, issue_id) or Sent(
        issue=issue_id,
        ledger=ledger.id,
        when=now.replace(microsecond=0),
        content_hash=content_hash,
        lists=list_sizes,
    )
    begun = replace(sent, run=run, progress=Progress(journal))
    _write(project, issue_id, begun, ledger, "No message leaves without it.")
    return begun


def write_ended(project: Project, issue_id: str, begun: Sent, ledger: Ledger) -> None:
    """When the run ends, whatever became of the file meanwhile. Raises ProjectError."""
    ended = replace(begun, progress=None)
    _write(project, issue_id, ended, ledger, "The ledger has every message all the same.")


def progress_file(project: Project, issue_id: str) -> ProgressFile:
    """What `write_begun` has just written, to go on. Raises ProjectError."""
    file = project.sent_file(issue_id)
    try:
        return ProgressFile(file)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        raise ProjectError(
            f"{file} cannot be written: {why}. No message leaves without it."
        ) from None


def write_restored(
    project: Project, issue_id: str, ledger: Ledger, before: Sent | None = None
) -> None:
    """In place of a file that says nothing (as far as the ledger knows), or that names another one.

    Raises ProjectError.
    """
    record = ledger.issue(issue_id)
    sent = before or Sent(
        issue=issue_id,
        ledger=ledger.id,
        when=(record.date if record else datetime.now(UTC)).replace(microsecond=0),
        content_hash=record.content_hash if record else "",
        run=ledger.runs.last(issue_id),
        lists={},
    )
    sent = replace(sent, progress=None)
    _write(project, issue_id, sent, ledger, "The ledger counts here all the same.")


def _write(project: Project, issue_id: str, sent: Sent, ledger: Ledger, otherwise: str) -> None:
    """`otherwise`: what that means, if it fails. Raises ProjectError."""
    generation = ledger.generation()
    written = replace(sent, issue=issue_id, ledger=ledger.id, generation=generation)
    file = project.sent_file(issue_id)
    try:
        replace_file(file, _text(written))
    except OSError as fault:
        raise ProjectError(f"{file} cannot be written: {fault.strerror}. {otherwise}") from None


def _text(sent: Sent) -> str:
    return (
        f"{_HEADING}"
        f"issue = {_quoted(sent.issue)}\n"
        f"ledger = {_quoted(sent.ledger)}\n"
        f"when = {sent.when.isoformat(timespec='seconds')}\n"
        f"content_hash = {_quoted(sent.content_hash)}\n"
        "\n# The last run, and which use of the ledger it was. Both only grow.\n"
        f"run = {sent.run}\n"
        f"generation = {sent.generation.number}\n"
        f"token = {_quoted(sent.generation.token)}\n"
        + ("" if sent.progress is None else _HOW_FAR + in_toml(sent.progress))
        + "\n[lists] # how many people each had at the first run\n"
        + "".join(f"{_quoted(name)} = {size}\n" for name, size in sent.lists.items())
    )


def _quoted(text: str) -> str:
    """A TOML basic string: JSON writes one as TOML reads it, but for DEL."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")
