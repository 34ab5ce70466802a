"""issues/ID/sent.toml: says, in the repository, that an issue was sent and with which ledger."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.store.ledger import Ledger

SENT_FILE = "sent.toml"


def sent_file(project: Project, issue_id: str) -> Path:
    return project.root / "issues" / issue_id / SENT_FILE


def refuse_another_ledger(project: Project, issue_id: str, ledger: Ledger | None) -> None:
    """Whoever cloned the project has no memory of what was sent: stop before sending it twice.

    Raises ProjectError.
    """
    file = sent_file(project, issue_id)
    if not file.is_file():
        return
    name = file.relative_to(project.root).as_posix()
    try:
        named = tomllib.loads(file.read_text("utf-8"))["ledger"]
    except (OSError, ValueError, KeyError):
        raise ProjectError(
            f"{name} cannot be read, so it is not known whether this issue was sent. "
            "Restore it from your version control."
        ) from None
    if ledger is None or ledger.id != named:
        raise ProjectError(
            f"This issue was sent with another ledger ({named}): the one here does not know who "
            f"got it. Copy that ledger to {project.ledger_path}, or run send where it is. (If "
            f"nobody ever got the issue, delete {name}.)"
        )


def write_sent_file(
    project: Project,
    issue_id: str,
    *,
    ledger_id: str,
    content_hash: str,
    now: datetime,
    list_sizes: Mapping[str, int],
) -> None:
    """Once, before the first message leaves. Raises ProjectError.

    `list_sizes`: people by list, with which a later issue's lists are compared.
    """
    file = sent_file(project, issue_id)
    if file.exists():
        return
    text = (
        "# Written by the first real send. Commit it: another machine then knows that this issue\n"
        "# was sent, and with which ledger.\n"
        f'ledger = "{ledger_id}"\n'
        f"when = {now.isoformat(timespec='seconds')}\n"
        f'content_hash = "{content_hash}"\n'
        "\n[lists] # how many people each had\n"
        + "".join(f'"{name}" = {size}\n' for name, size in list_sizes.items())
    )
    try:
        file.write_text(text, "utf-8")
    except OSError as fault:
        raise ProjectError(
            f"{file} cannot be written: {fault.strerror}. Nothing was sent."
        ) from None
