"""build: every variant to disk, byte for byte the same for the same files and lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any  # JSON

from newsletter_mailer.address import domain
from newsletter_mailer.campaign.prepare import Prepared, prepare
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.compose.links import reader_links, unsubscribe_uri
from newsletter_mailer.compose.message import (
    Envelope,
    Recipient,
    compile_message,
    envelope_of,
    picture_names,
)
from newsletter_mailer.compose.sample import MAILBOX, sample_values
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.model import Issue
from newsletter_mailer.settings import Settings

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Built:
    folder: Path
    manifest: dict[str, Any]
    findings: list[Finding]


def build(project: Project, issue_id: str, out: Path | None = None) -> Built:
    """Raises ContentError, ProjectError."""
    with prepare(project, issue_id) as prepared:
        prepared.refuse_errors()
        folder = out or project.root / "build" / issue_id
        files, manifest = render(prepared)
        _write(folder, files)
        return Built(folder, manifest, prepared.findings)


def render(prepared: Prepared) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Every file by its path, and the manifest (which is one of them)."""
    issue, settings = prepared.edition.issue, prepared.project.settings
    content = prepared.edition.content.total
    envelope = steady_envelope(issue, settings)
    files: dict[str, bytes] = {}
    entries = []
    for compiled in prepared.compiled.values():
        entry, made = _variant(compiled, envelope, content, settings.image_base_url_if_hosted)
        entry["subscribers"] = prepared.plan.head_counts[compiled.variant.id]
        entries.append(entry)
        files.update(made)
    manifest: dict[str, Any] = {"issue": issue.id, "content_hash": content, "variants": entries}
    files[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    return files, manifest


def steady_envelope(issue: Issue, settings: Settings) -> Envelope:
    """With the issue's date: the same on every machine, whenever it is built."""
    date = datetime.combine(issue.date, time(9), UTC)
    return envelope_of(settings, date, reader_links(settings), unsubscribe_uri(settings))


def steady_message(
    compiled: CompiledVariant,
    envelope: Envelope,
    content_hash: str,
    image_base_url: str | None,
    *,
    mailbox: str,
    values: Mapping[str, str],
) -> bytes:
    """What one reader gets, but for the date and the Message-ID."""
    message = compile_message(
        compiled, envelope, content_hash=content_hash, image_base_url=image_base_url
    )
    message_id = f"{content_hash[:32]}@{domain(envelope.sender.address)}"
    return message.fill(Recipient(mailbox=mailbox, values=values, message_id=message_id))


def _variant(
    compiled: CompiledVariant, envelope: Envelope, content: str, hosted: str | None
) -> tuple[dict[str, object], dict[str, bytes]]:
    name = compiled.variant.id
    values = sample_values(compiled.fields())
    names = picture_names(compiled.pictures)
    page = compiled.page(
        values, envelope.links, {key: f"images/{file}" for key, file in names.items()}
    )
    files = {f"images/{names[key]}": picture.content for key, picture in compiled.pictures.items()}
    files[f"{name}.html"] = page.encode()
    files[f"{name}.txt"] = compiled.words(values, envelope.links).encode()
    files[f"{name}.eml"] = steady_message(
        compiled, envelope, content, hosted, mailbox=MAILBOX, values=values
    )
    entry: dict[str, object] = {
        "id": name,
        "sections": list(compiled.variant.slugs),
        "subscribers": 0,
        "html": f"{name}.html",
        "text": f"{name}.txt",
        "eml": f"{name}.eml",
        "html_bytes": len(files[f"{name}.html"]),
    }
    return entry, files


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Writes all files, then removes what an earlier build left. Raises ProjectError."""
    try:
        stale = _earlier(folder) - files.keys()
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for path in stale:
            (folder / path).unlink(missing_ok=True)
    except OSError as fault:
        raise ProjectError(f"{fault.filename} cannot be written: {fault.strerror}.") from None


def _earlier(folder: Path) -> set[str]:
    """The files of an earlier build, by its manifest."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return set()
    try:
        variants = json.loads(manifest.read_text("utf-8"))["variants"]
        named = {str(entry[kind]) for entry in variants for kind in ("html", "text", "eml")}
    except (ValueError, KeyError, TypeError):
        return set()  # not a manifest of ours: nothing there is ours to remove
    images = {f"images/{path.name}" for path in (folder / "images").glob("*-*")}
    return {path for path in named if "/" not in path and "\\" not in path} | images
