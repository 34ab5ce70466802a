"""issues/ID/approval.toml: who signed an issue off, when, and what readers would have seen.

A record to be committed beside what it is about. Its seal shows an edit by hand; it is no signature
and proves nobody's identity: that is what the history of the repository is for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any  # values of a TOML table

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.characters.invisible import has_line_break, unmailable
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.files.durable import replace_file
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.issue.content_hash import ContentHash
from newsletter_mailer.issue.moments import MONTHS
from newsletter_mailer.store.runs import Composed

APPROVAL_FILE = "approval.toml"
LONGEST_NAME = 100  #: characters of who approves

_CLOCKS_DIFFER = timedelta(minutes=5)  #: between the machine that approved and this one
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADING = """\
# Written by newsletter-mailer approve. Commit it. After a change approve again: an edit by hand
# breaks the seal.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who said yes to what."""

    by: str
    when: datetime  #: aware, in whole seconds
    content: ContentHash
    composed: Composed = field(
        default_factory=Composed
    )  #: empty in an approval of an older version

    def in_words(self) -> str:
        """`Maria Example on 28 August 2025 at 16:02`, as the clock stood there."""
        when = self.when
        return f"{self.by} on {when.day} {MONTHS[when.month - 1]} {when.year} at {when:%H:%M}"

    @property
    def seal(self) -> str:
        """SHA-256 over all the rest."""
        rest = [
            self.by,
            self.when.isoformat(),
            self.content.total,
            sorted(self.content.files.items()),
        ]
        if self.composed.digests:
            made = self.composed
            rest += [made.version, made.template, sorted(made.digests.items())]
        return hashlib.sha256(json.dumps(rest, separators=(",", ":")).encode()).hexdigest()


def is_name(text: str) -> bool:
    """Whether it can be the name of who approves: some words in one line."""
    return bool(text.strip()) and len(text) <= LONGEST_NAME and _is_one_line(text)


def _is_one_line(text: str) -> bool:
    return not (unmailable(text) or has_line_break(text) or "\t" in text)


def approval_file(project: Project, issue_id: str) -> Path:
    return project.root / "issues" / issue_id / APPROVAL_FILE


class CannotBeTrusted(Exception):
    """Says why, as a sentence."""


def read_approval(project: Project, issue_id: str, now: datetime) -> Approval | None:
    """None where there is none. Raises CannotBeTrusted."""
    file = approval_file(project, issue_id)
    if not os.path.lexists(file):
        return None
    name = file.relative_to(project.root).as_posix()
    read = read_toml(file, name)
    for fault in read.findings:
        raise CannotBeTrusted(
            f"{name}, line {fault.source.line}: {fault.message} Nobody can tell what was approved."
        )
    try:
        approval = _approval(read.table)
    except (KeyError, TypeError, ValueError):
        raise CannotBeTrusted(
            f"{name} is not as approve writes it. Nobody can tell what was approved."
        ) from None
    if read.table.get("seal") != approval.seal:
        raise CannotBeTrusted(
            f"{name} was edited after approve wrote it: its seal is broken. It says nothing now."
        )
    if approval.when > now + _CLOCKS_DIFFER:
        raise CannotBeTrusted(
            f"{name} is dated {approval.when.isoformat(sep=' ')}, which is still to come. Look "
            "whether this machine's clock is right, or approve the issue again."
        )
    return approval


def _approval(table: Mapping[str, Any]) -> Approval:
    """Raises KeyError, TypeError, ValueError."""
    when, files = table["when"], dict(table["files"])
    by, *digests = texts = [table["by"], table["content_hash"], *files.values()]
    if not all(isinstance(text, str) for text in texts) or not isinstance(when, datetime):
        raise TypeError
    if not all(map(_DIGEST.fullmatch, digests)) or when.tzinfo is None:
        raise ValueError
    if not is_name(by) or not all(map(_is_one_line, files)):
        raise ValueError
    return Approval(
        by=by,
        when=when,
        content=ContentHash(table["content_hash"], files),
        composed=_composed(table),
    )


def _composed(table: Mapping[str, Any]) -> Composed:
    """Raises KeyError, TypeError, ValueError."""
    if "composed" not in table:
        return Composed()
    digests = dict(table["composed"])
    texts = [table["version"], table["template"], *digests, *digests.values()]
    if not all(isinstance(text, str) and _is_one_line(text) for text in texts):
        raise TypeError
    if not all(map(_DIGEST.fullmatch, digests.values())):
        raise ValueError
    return Composed(version=table["version"], template=table["template"], digests=digests)


def write_approval(project: Project, issue_id: str, approval: Approval) -> Path:
    """The file, whole or not at all. Raises ProjectError."""
    file = approval_file(project, issue_id)
    lines = [
        f"by = {_quoted(approval.by)}",
        f"when = {approval.when.isoformat()}",
        f'content_hash = "{approval.content.total}"',
        f"version = {_quoted(approval.composed.version)}",
        f"template = {_quoted(approval.composed.template)}",
        f'seal = "{approval.seal}"',
        "",
        "[files] # what readers would see of each, as SHA-256",
        *_digests(approval.content.files),
        "",
        "[composed] # each variant's message, as build writes it",
        *_digests(approval.composed.digests),
        "",
    ]
    try:
        replace_file(file, _HEADING + "\n".join(lines))
    except OSError as fault:
        raise ProjectError(
            f"{file} cannot be written: {fault.strerror}. Nothing was approved."
        ) from None
    return file


def _digests(of: Mapping[str, str]) -> list[str]:
    return [f'{_quoted(name)} = "{digest}"' for name, digest in sorted(of.items())]


def _quoted(text: str) -> str:
    """A TOML basic string; a text without control characters is written as JSON writes it."""
    return json.dumps(text, ensure_ascii=False)
