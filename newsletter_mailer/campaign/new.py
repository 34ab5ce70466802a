"""new: the next issue's folder, or a whole starter project. add: one more section."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.files.all_or_none import write_all
from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.findings import Finding
from newsletter_mailer.issue.issue_folders import issue_ids, spelled_id
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.picture_file import picture_file
from newsletter_mailer.issue.pictures import ENDINGS, BadPicture
from newsletter_mailer.issue.skeleton import (
    dated_issue_toml,
    day_of,
    new_section,
    next_issue_toml,
    next_section,
    section_file_name,
)
from newsletter_mailer.issue.template_folder import read_template
from newsletter_mailer.starter import shipped


@dataclass(frozen=True, slots=True)
class NewIssue:
    folder: Path
    files: list[str]
    left_out: Mapping[str, str]  #: files of the last issue, and why each does not go along
    source: str  #: the issue it was made from


def new_issue(project: Project, issue_id: str, today: date, source: str | None) -> NewIssue:
    """The next issue from the last one's skeleton; the first one from the starter's.

    Raises ContentError, ProjectError.
    """
    if source is None and not issue_ids(project.root):
        return first_issue(project, issue_id, today)
    folder = _free_folder(project.root, issue_id)
    source = _source(project.root, issue_id, source)
    kinds = _kinds(project)
    old = project.root / "issues" / source
    day = day_of(issue_id, today)
    files: dict[str, str] = {
        "issue.toml": next_issue_toml(
            _text(old / "issue.toml", f"issues/{source}/issue.toml"), day
        ),
    }
    left_out: dict[str, str] = {}
    for path in sorted(old.glob("*.md")):
        text = next_section(_text(path, f"issues/{source}/{path.name}"), path.name, kinds, day)
        if text is None:
            left_out[path.name] = "past"
        else:
            files[path.name] = text
    pictures, unfit = _pictures(old, files.values())
    octets = {name: text.encode() for name, text in files.items()} | pictures
    write_all({folder / name: content for name, content in octets.items()})
    return NewIssue(folder, [*octets], left_out | unfit, source)


def _pictures(folder: Path, texts: Iterable[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The pictures of an issue that the texts name, by path; and why others are left out.

    Links are: what they lead to may be none of the newsletter's.
    """
    said = "\n".join(texts)
    pictures: dict[str, bytes] = {}
    unfit: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in ENDINGS or not (name in said or quote(name) in said):
            continue
        try:
            if path.is_symlink():
                raise BadPicture(f"{name} is a link.")
            pictures[name] = picture_file(folder, name, "the issue's folder").content
        except BadPicture as fault:
            unfit[name] = str(fault)
    return pictures, unfit


def new_project(root: Path, issue_id: str, today: date) -> Path:
    """A starter project with one issue that can be sent to the sandbox at once. Its root.

    Raises ProjectError.
    """
    folder = _free_folder(root, issue_id)
    project = shipped.project()
    files = {root / name: (project / name).read_bytes() for name in shipped.PROJECT_FILES}
    files |= _files(shipped.templates(), root / "templates")
    files |= _first_issue(folder, issue_id, today)
    for target in files:
        if os.path.lexists(target):
            raise ProjectError(
                f"{target} exists already; begin a newsletter in an empty folder. "
                "Nothing was changed."
            )
    if not os.path.lexists(root / ".gitignore"):
        files[root / ".gitignore"] = shipped.GIT_IGNORE.encode()
    write_all(files)
    return root


def first_issue(project: Project, issue_id: str, today: date) -> NewIssue:
    """The starter's issue, in a project that has none yet. Raises ProjectError."""
    folder = _free_folder(project.root, issue_id)
    files = _first_issue(folder, issue_id, today)
    write_all(files)
    names = [path.relative_to(folder).as_posix() for path in files]
    return NewIssue(folder, sorted(names), {}, "the sample")


def _first_issue(folder: Path, issue_id: str, today: date) -> dict[Path, bytes]:
    """The starter's issue as it will stand in the folder."""
    files = _files(shipped.issue(), folder)
    settings = files[folder / "issue.toml"].decode()
    files[folder / "issue.toml"] = dated_issue_toml(settings, day_of(issue_id, today)).encode()
    return files


def add_section(project: Project, issue_id: str, kind_name: str, title: str) -> Path:
    """A new section file with the kind's fields and help. Raises ContentError, ProjectError."""
    folder = project.root / "issues" / spelled_id(project.root, issue_id)
    if not folder.is_dir():
        raise ProjectError(
            f"There is no folder issues/{issue_id}. "
            f"newsletter-mailer new --issue {issue_id} makes one."
        )
    kinds = _kinds(project)
    if kind_name not in kinds:
        raise ProjectError(
            f'The template has no kind "{kind_name}". {did_you_mean(kind_name, kinds)}'
        )
    title = " ".join(title.split())
    if not title:
        raise ProjectError("--title is empty: give the section a heading.")
    name = section_file_name(title, [path.name for path in folder.glob("*.md")])
    path = folder / name
    write_all({path: new_section(kinds[kind_name], title).encode()})
    return path


def _kinds(project: Project) -> dict[str, Kind]:
    template, findings = read_template(project.root, project.settings.template, shipped.templates())
    if template is None:
        raise ContentError(findings)
    return dict(template.kinds)


def _free_folder(root: Path, issue_id: str) -> Path:
    folder = root / "issues" / spelled_id(root, issue_id)
    if os.path.lexists(folder):
        raise ProjectError(f"issues/{folder.name} exists already; nothing was changed.")
    return folder


def _source(root: Path, issue_id: str, source: str | None) -> str:
    known = issue_ids(root)
    if source is not None:
        if source not in known:
            raise ProjectError(
                f'--from: there is no issue "{source}". {did_you_mean(source, known)}'
            )
        return source
    earlier = [one for one in known if one < issue_id]
    return (earlier or known)[-1]


def _files(source: Path, target: Path) -> dict[Path, bytes]:
    """Every file below `source`, by where it goes below `target`."""
    return {
        target / path.relative_to(source): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


def _text(path: Path, file: str) -> str:
    """Raises ContentError."""
    findings: list[Finding] = []
    text = text_file(path, file, findings, within=path.parent)
    if text is None:
        raise ContentError(findings)
    return text
