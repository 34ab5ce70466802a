"""new: the next issue's folder, or a whole starter project. add: one more section."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter_mailer import starter
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ContentError, ProjectError
from newsletter_mailer.findings import did_you_mean
from newsletter_mailer.issue.folder import checked_id, issue_ids
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.skeleton import (
    dated_issue_toml,
    day_of,
    new_section,
    next_issue_toml,
    next_section,
    section_file_name,
)
from newsletter_mailer.issue.template_folder import read_template

_STARTER_FILES = ("newsletter.toml", "words.txt", ".env.example", "recipients/example.csv")
_GIT_IGNORE = """\
.env
/.newsletter/
/build/
/outbox/
# Real lists hold personal data and stay out of the repository.
recipients/*
!recipients/example.csv
"""


@dataclass(frozen=True, slots=True)
class NewIssue:
    folder: Path
    files: list[str]
    left_out: list[str]  #: events of the last issue that are past
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
        "issue.toml": next_issue_toml(_text(old / "issue.toml"), day),
    }
    left_out: list[str] = []
    for path in sorted(old.glob("*.md")):
        text = next_section(_text(path), path.name, kinds, day)
        if text is None:
            left_out.append(path.name)
        else:
            files[path.name] = text
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    used = [
        path
        for path in sorted((old / "images").glob("*"))
        if any(f"images/{path.name}" in text for text in files.values())
    ]
    for path in used:
        (folder / "images").mkdir(exist_ok=True)
        shutil.copyfile(path, folder / "images" / path.name)
    return NewIssue(folder, [*files, *(f"images/{path.name}" for path in used)], left_out, source)


def new_project(root: Path, issue_id: str, today: date) -> Path:
    """A starter project with one issue that can be sent to the sandbox at once. Its root.

    Raises ProjectError.
    """
    folder = _free_folder(root, issue_id)
    shipped = starter.folder()
    copies = {root / name: shipped / name for name in _STARTER_FILES}
    copies |= _files(starter.templates(), root / "templates")
    copies |= _files(starter.issue(), folder)
    for target in copies:
        if target.exists():
            raise ProjectError(
                f"{target} exists already; begin a newsletter in an empty folder. "
                "Nothing was changed."
            )
    try:
        for target, source in copies.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        if not (root / ".gitignore").exists():
            (root / ".gitignore").write_text(_GIT_IGNORE, "utf-8", newline="\n")
        _date(folder, day_of(issue_id, today))
    except OSError as fault:
        raise ProjectError(f"{fault.filename} cannot be written: {fault.strerror}.") from None
    return root


def first_issue(project: Project, issue_id: str, today: date) -> NewIssue:
    """The starter's issue, in a project that has none yet. Raises ProjectError."""
    folder = _free_folder(project.root, issue_id)
    shutil.copytree(starter.issue(), folder)
    _date(folder, day_of(issue_id, today))
    return NewIssue(folder, sorted(path.name for path in folder.iterdir()), [], "the sample")


def _date(folder: Path, day: date) -> None:
    settings = folder / "issue.toml"
    settings.write_text(dated_issue_toml(_text(settings), day), "utf-8", newline="\n")


def add_section(project: Project, issue_id: str, kind_name: str, title: str) -> Path:
    """A new section file with the kind's fields and help. Raises ContentError, ProjectError."""
    folder = project.root / "issues" / checked_id(issue_id)
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
    path.write_text(new_section(kinds[kind_name], title), "utf-8", newline="\n")
    return path


def _kinds(project: Project) -> dict[str, Kind]:
    template, findings = read_template(project.root, project.settings.template, starter.templates())
    if template is None:
        raise ContentError(findings)
    return dict(template.kinds)


def _free_folder(root: Path, issue_id: str) -> Path:
    folder = root / "issues" / checked_id(issue_id)
    if folder.exists():
        raise ProjectError(f"issues/{issue_id} exists already; nothing was changed.")
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


def _files(source: Path, target: Path) -> dict[Path, Path]:
    """Every file below `source`, by where it goes below `target`."""
    return {
        target / path.relative_to(source): path
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise ProjectError(f"{path.name} of the last issue cannot be read: {fault}.") from None
