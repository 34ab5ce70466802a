"""preview --export: the page as a folder that opens from a disk, to be attached for the sign-off.

No server, no web, nothing that was not there when it was made; the same for the same files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any  # JSON

from jinja2 import Environment, StrictUndefined

from newsletter_mailer.campaign.approval_state import SignOff, sign_off
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.source_lines import SourceLines
from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.moments import MONTHS
from newsletter_mailer.preview.export.bundle import bundle
from newsletter_mailer.preview.export.output_folder import OutputFolder
from newsletter_mailer.preview.live.actions import approval_json
from newsletter_mailer.preview.live.live_issue import LiveIssue, State
from newsletter_mailer.preview.live.mistakes import errors_among
from newsletter_mailer.preview.live.reader_search import ReaderIndex
from newsletter_mailer.preview.live.snapshot import Snapshot
from newsletter_mailer.preview.views.dark_mode import ColourScheme
from newsletter_mailer.preview.views.frame_page import FrameOptions, frame_page
from newsletter_mailer.preview.views.mail_view import Mail, located, mail_json, message_view
from newsletter_mailer.preview.views.overview import meant_by, overview_json
from newsletter_mailer.preview.views.reader_choice import Persona

OPTION = "--export"
INDEX, PAGE = "index.html", "preview.html"

_STATIC = files("newsletter_mailer.preview").joinpath("static")
#: `file:` for a folder on a disk, 'self' for one that was put on a web server.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; "
    "img-src 'self' file: data:; frame-src 'self' file:; base-uri 'none'; form-action 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:; "
    "base-uri 'none'; form-action 'none'"
)
_MODULES = '<script type="module" src="preview/app.js"></script>'
_SCRIPTS = (
    '<script defer src="preview/data.js"></script><script defer src="preview/page.js"></script>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedIssue:
    """An issue as it is shown to whoever signs it off."""

    snapshot: Snapshot
    findings: Sequence[Finding]  #: none about lists: they may quote a reader
    left_out: Sequence[Finding]  #: those about lists, to be counted
    standing: SignOff
    approval: Mapping[str, object]
    lines: SourceLines
    readers: ReaderIndex | None  #: to be counted


def export(open_project: Callable[[], Project], issue_id: str, folder: Path, now: datetime) -> Path:
    """The page to open first. Raises ContentError, ProjectError."""
    live = LiveIssue(issue_id, open_project)
    try:
        live.refresh()
        exported = exported_issue(live, now)
    finally:
        live.close()
    own = OutputFolder(folder, OPTION)
    for name, content in export_files(exported):
        own.add(name, content)
    own.finish()
    return folder / INDEX


def exported_issue(live: LiveIssue, now: datetime) -> ExportedIssue:
    """Raises ContentError where a mistake leaves nothing that could be shown, ProjectError."""
    snapshot, state = live.snapshot, live.state
    if not state.is_checked:
        raise ProjectError("The issue is still being checked. Try again in a moment.")
    if snapshot is None or state.mistakes:
        raise ContentError(state.findings or state.mistakes)
    if not snapshot.shown:
        if errors_among(state.findings):
            raise ContentError(state.findings)
        raise ProjectError(
            f"{OPTION}: no reader gets anything of {live.issue_id}, so there is nothing to show. "
            "Look at its lists, and at the regions and roles of its sections."
        )
    project, content = snapshot.project, snapshot.edition.content
    lists = project.lists
    about_readers = [
        one
        for one in state.findings
        if one.source.file.startswith(".env") or lists.is_about_a_list(one.source.file)
    ]
    return ExportedIssue(
        snapshot=snapshot,
        findings=[one for one in state.findings if one not in about_readers],
        left_out=about_readers,
        standing=sign_off(project, live.issue_id, content, now),
        approval=approval_json(project, live.issue_id, content, now),
        lines=SourceLines(project.root),
        readers=live.readers,
    )


def export_files(exported: ExportedIssue) -> Iterator[tuple[str, bytes]]:
    """Every file by its path in the folder."""
    snapshot = exported.snapshot
    mails = [mail for mail in map(_mail, [snapshot] * len(snapshot.shown), snapshot.shown) if mail]
    overview = overview_json(
        snapshot.edition.issue.id,
        State(number=1, findings=exported.findings, is_checked=True),
        snapshot,
        exported.readers,
        exported.lines,
    )
    told: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for mail in mails:
        name = mail.persona.variant.id
        told[name] = _told(mail, exported)
        for scheme, page in _pages(mail):
            yield f"mails/{name}-{scheme}.html", page.encode()
        yield f"texts/{name}.txt", mail.text().encode("utf-8-sig")
        shown = mail.made.compiled.pictures
        pictures |= {file: shown[key].content for key, file in picture_names(shown).items()}
    yield from ((f"pictures/{file}", content) for file, content in sorted(pictures.items()))
    data = {"overview": overview, "approval": exported.approval, "mails": told}
    yield from _page(data)
    yield INDEX, _index(exported, data).encode()


def _mail(snapshot: Snapshot, variant_id: str) -> Mail | None:
    variant = snapshot.shown[variant_id]
    made = snapshot.made(variant)
    persona = Persona(kind="version", variant=variant)
    return Mail(snapshot=snapshot, persona=persona, made=made) if made else None


def _told(mail: Mail, exported: ExportedIssue) -> dict[str, Any]:
    """What the page knows of one version: see `exported` in static/data.js."""
    name = mail.persona.variant.id
    meant = [meant_by(finding, exported.lines) for finding in exported.findings]
    return {
        "view": mail_json(mail),
        "message": message_view(mail),
        "places": {"number": 1, "places": located(mail, exported.findings, meant)},
        "pages": {scheme: f"mails/{name}-{scheme}.html" for scheme in ColourScheme},
        "txt": f"texts/{name}.txt",
    }


def _pages(mail: Mail) -> Iterator[tuple[ColourScheme, str]]:
    names = picture_names(mail.made.compiled.pictures)
    page = mail.page({key: f"../pictures/{name}" for key, name in names.items()})
    places = mail.places()
    for scheme in ColourScheme:
        options = FrameOptions(scheme=scheme, policy=_MAIL_POLICY)
        yield scheme, frame_page(page, places, options)


def _page(data: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Our page with its styles and scripts, which take the data from a file beside them."""
    static = {file.name: file for file in _STATIC.iterdir()}
    policy = (
        f'<meta http-equiv="Content-Security-Policy" content="{_PAGE_POLICY}">'
        '<meta http-equiv="x-dns-prefetch-control" content="off">'
    )
    shell = static["index.html"].read_text("utf-8").replace("<!-- told -->", policy)
    shell = shell.replace('"/static/', '"preview/').replace(_MODULES, _SCRIPTS)
    yield PAGE, shell.encode()
    for name, file in sorted(static.items()):
        if name.endswith((".css", ".svg")):
            yield f"preview/{name}", file.read_bytes()
    modules = {
        name: file.read_text("utf-8") for name, file in static.items() if name.endswith(".js")
    }
    yield "preview/page.js", bundle(modules, "app.js").encode()
    yield "preview/data.js", f"globalThis.newsletterExport = {json.dumps(data)};\n".encode()


def _index(exported: ExportedIssue, data: Mapping[str, Any]) -> str:
    """What to do with the folder, and all that matters, without a script."""
    snapshot = exported.snapshot
    issue, content = snapshot.edition.issue, snapshot.edition.content
    views = [one["view"] for one in data["mails"].values()]
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        _STATIC.joinpath("sign-off.html").read_text("utf-8")
    )
    return page.render(
        newsletter=snapshot.project.settings.name,
        issue=issue.id,
        date=f"{issue.date.day} {MONTHS[issue.date.month - 1]} {issue.date.year}",
        language=issue.language,
        inbox=views[0]["inbox"],
        overview=data["overview"],
        views=views,
        schemes=[(scheme, _SCHEMES[scheme]) for scheme in ColourScheme],
        standing=exported.standing,
        is_required=snapshot.project.settings.require_approval,
        fingerprint=content.fingerprint,
        findings=exported.findings,
        counts=[
            (severity, sum(one.severity is severity for one in exported.findings))
            for severity in Severity
        ],
        left_out=len(exported.left_out),
        left_out_errors=len(errors_among(exported.left_out)),
        page=PAGE,
    )


_SCHEMES = {
    ColourScheme.LIGHT: "light",
    ColourScheme.DARK: "dark",
    ColourScheme.FORCED: "forced dark",
}
