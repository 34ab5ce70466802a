"""build: every variant to disk, byte for byte the same for the same files and lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # JSON

from newsletter_mailer.campaign.prepare import Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.project_cache import made_before
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.outputs.html import PICTURES
from newsletter_mailer.outputs.manifest import MANIFEST, manifest, manifest_file, named_in
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile, all_outputs


@dataclass(frozen=True, slots=True)
class Built:
    folder: Path
    manifest: dict[str, Any]
    findings: list[Finding]


def build(project: Project, issue_id: str, out: Path | None = None) -> Built:
    """Raises ContentError, ProjectError."""
    with prepare(project, issue_id, cache=made_before(project)) as prepared:
        prepared.refuse_errors()
        folder = out or project.root / "build" / issue_id
        issue = _composed_issue(prepared)
        made = {kind: [*output(issue)] for kind, output in all_outputs().items()}
        content = manifest(issue, made)
        files = [file for each in made.values() for file in each]
        _write(folder, [*files, manifest_file(content)], made)
        return Built(folder, content, prepared.findings)


def _composed_issue(prepared: Prepared) -> ComposedIssue:
    edition = prepared.edition
    return ComposedIssue(
        issue=edition.issue,
        settings=prepared.project.settings,
        content_hash=edition.content.total,
        variants=[*prepared.compiled.values()],
        head_counts=prepared.plan.head_counts,
    )


def _write(folder: Path, files: Iterable[OutputFile], kinds: Iterable[str]) -> None:
    """Writes all files, then removes what an earlier build left. Raises ProjectError."""
    try:
        stale = _earlier(folder, kinds)
        for made in files:
            file = folder / made.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(made.content)
            stale.discard(made.path)
        for path in stale:
            (folder / path).unlink(missing_ok=True)
    except OSError as fault:
        raise ProjectError(f"{fault.filename} cannot be written: {fault.strerror}.") from None


def _earlier(folder: Path, kinds: Iterable[str]) -> set[str]:
    """The files of an earlier build. Where no manifest of ours lies, nothing is ours."""
    if not (folder / MANIFEST).is_file():
        return set()
    named = named_in((folder / MANIFEST).read_bytes(), kinds)
    pictures = {f"{PICTURES}/{path.name}" for path in (folder / PICTURES).glob("*-*")}
    return named | pictures if named else set()
