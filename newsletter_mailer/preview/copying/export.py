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

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.campaign.sign_off import SignOff, sign_off
from newsletter_mailer.campaign.source_lines import SourceLines
from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.moments import MONTHS
from newsletter_mailer.preview.copying.one_script import one_script
from newsletter_mailer.preview.copying.own_folder import OwnFolder
from newsletter_mailer.preview.desk.acts import approval_json
from newsletter_mailer.preview.desk.desk import Desk, State
from newsletter_mailer.preview.desk.mistakes import errors_among
from newsletter_mailer.preview.desk.readers import Readers
from newsletter_mailer.preview.desk.version import Version
from newsletter_mailer.preview.showing.looks import Look
from newsletter_mailer.preview.showing.overview import meant_by, overview_json
from newsletter_mailer.preview.showing.persona import Persona
from newsletter_mailer.preview.showing.shown import Showing, shown_page
from newsletter_mailer.preview.showing.view import Mail, located, message_view, view_json

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
class Exhibit:
    """An issue as it is shown to whoever signs it off."""

    version: Version
    findings: Sequence[Finding]  #: none about lists: they may quote a reader
    left_out: Sequence[Finding]  #: those about lists, to be counted
    standing: SignOff
    approval: Mapping[str, object]
    lines: SourceLines
    readers: Readers | None  #: to be counted


def export(open_project: Callable[[], Project], issue_id: str, folder: Path, now: datetime) -> Path:
    """The page to open first. Raises ContentError, ProjectError."""
    desk = Desk(issue_id, open_project)
    try:
        desk.refresh()
        exhibit = exhibit_of(desk, now)
    finally:
        desk.close()
    own = OwnFolder(folder, OPTION)
    for name, content in exported(exhibit):
        own.add(name, content)
    own.finish()
    return folder / INDEX


def exhibit_of(desk: Desk, now: datetime) -> Exhibit:
    """Raises ContentError where a mistake leaves nothing that could be shown, ProjectError."""
    version, state = desk.version, desk.state
    if not state.is_checked:
        raise ProjectError("The issue is still being checked. Try again in a moment.")
    if version is None or state.mistakes:
        raise ContentError(state.findings or state.mistakes)
    if not version.shown:
        if errors_among(state.findings):
            raise ContentError(state.findings)
        raise ProjectError(
            f"{OPTION}: no reader gets anything of {desk.issue_id}, so there is nothing to show. "
            "Look at its lists, and at the regions and roles of its sections."
        )
    project, content = version.project, version.edition.content
    about_lists = [one for one in state.findings if _is_about_lists(one)]
    return Exhibit(
        version=version,
        findings=[one for one in state.findings if one not in about_lists],
        left_out=about_lists,
        standing=sign_off(project, desk.issue_id, content, now),
        approval=approval_json(project, desk.issue_id, content, now),
        lines=SourceLines(project.root),
        readers=desk.readers,
    )


def exported(exhibit: Exhibit) -> Iterator[tuple[str, bytes]]:
    """Every file by its path in the folder."""
    version = exhibit.version
    mails = [mail for mail in map(_mail, [version] * len(version.shown), version.shown) if mail]
    overview = overview_json(
        version.edition.issue.id,
        State(number=1, findings=exhibit.findings, is_checked=True),
        version,
        exhibit.readers,
        exhibit.lines,
    )
    told: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for mail in mails:
        name = mail.persona.variant.id
        told[name] = _told(mail, exhibit)
        for look, page in _pages(mail):
            yield f"mails/{name}-{look}.html", page.encode()
        yield f"texts/{name}.txt", mail.text().encode("utf-8-sig")
        shown = mail.made.compiled.pictures
        pictures |= {file: shown[key].content for key, file in picture_names(shown).items()}
    yield from ((f"pictures/{file}", content) for file, content in sorted(pictures.items()))
    data = {"overview": overview, "approval": exhibit.approval, "mails": told}
    yield from _page(data)
    yield INDEX, _index(exhibit, data).encode()


def _mail(version: Version, variant_id: str) -> Mail | None:
    variant = version.shown[variant_id]
    made = version.made(variant)
    persona = Persona(kind="version", variant=variant)
    return Mail(version=version, persona=persona, made=made) if made else None


def _told(mail: Mail, exhibit: Exhibit) -> dict[str, Any]:
    """What the page knows of one version: see `exported` in static/data.js."""
    name = mail.persona.variant.id
    meant = [meant_by(finding, exhibit.lines) for finding in exhibit.findings]
    return {
        "view": view_json(mail),
        "message": message_view(mail),
        "places": {"number": 1, "places": located(mail, exhibit.findings, meant)},
        "pages": {look: f"mails/{name}-{look}.html" for look in Look},
        "txt": f"texts/{name}.txt",
    }


def _pages(mail: Mail) -> Iterator[tuple[Look, str]]:
    names = picture_names(mail.made.compiled.pictures)
    page = mail.page({key: f"../pictures/{name}" for key, name in names.items()})
    places = mail.places()
    for look in Look:
        yield look, shown_page(page, places, Showing(look=look, policy=_MAIL_POLICY))


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
    yield "preview/page.js", one_script(modules, "app.js").encode()
    yield "preview/data.js", f"globalThis.newsletterExport = {json.dumps(data)};\n".encode()


def _index(exhibit: Exhibit, data: Mapping[str, Any]) -> str:
    """What to do with the folder, and all that matters, without a script."""
    version = exhibit.version
    issue, content = version.edition.issue, version.edition.content
    views = [one["view"] for one in data["mails"].values()]
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        _STATIC.joinpath("sign-off.html").read_text("utf-8")
    )
    return page.render(
        newsletter=version.project.settings.name,
        issue=issue.id,
        date=f"{issue.date.day} {MONTHS[issue.date.month - 1]} {issue.date.year}",
        language=issue.language,
        inbox=views[0]["inbox"],
        overview=data["overview"],
        views=views,
        looks=[(look, _LOOKS[look]) for look in Look],
        standing=exhibit.standing,
        is_required=version.project.settings.require_approval,
        fingerprint=content.fingerprint,
        findings=exhibit.findings,
        counts=[
            (severity, sum(one.severity is severity for one in exhibit.findings))
            for severity in Severity
        ],
        left_out=len(exhibit.left_out),
        left_out_errors=len(errors_among(exhibit.left_out)),
        page=PAGE,
    )


_LOOKS = {
    Look.LIGHT: "light",
    Look.DARK: "dark",
    Look.FORCED: "forced dark",
}


def _is_about_lists(finding: Finding) -> bool:
    return finding.source.file.startswith(("recipients/", ".env"))
