"""The folders of a project's issues: which there are, and what each is called."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.settings.newsletter import is_folder_name
from newsletter_mailer.toml_text import as_day


def issue_ids(root: Path) -> list[str]:
    """The issues of the project, in order of their names."""
    folder = root / "issues"
    if not folder.is_dir():
        return []
    return sorted(
        path.name for path in folder.iterdir() if path.is_dir() and is_folder_name(path.name)
    )


def checked_id(issue_id: str) -> str:
    """The id itself. Raises ProjectError when it could not be a folder's name."""
    if not is_folder_name(issue_id) or issue_id.endswith("."):
        shown = issue_id.encode("unicode_escape").decode()[:80]
        raise ProjectError(
            f'"{shown}" cannot be the id of an issue: use letters, digits, ".", "_" and "-", '
            "beginning with a letter or digit (at most 64), such as 2025-08."
        )
    return issue_id


def spelled_id(root: Path, issue_id: str) -> str:
    """As the issue's folder is spelled: Windows and macOS find spring by the name of Spring, too.

    One issue has one id, whatever links lead to it. The id as it is where there is no such folder.
    Raises ProjectError if it cannot be a folder's name.
    """
    known = issue_ids(root)
    if checked_id(issue_id) not in known:
        alike = [one for one in known if one.casefold() == issue_id.casefold()]
        issue_id = alike[0] if len(alike) == 1 else issue_id
    folder = (root / "issues" / issue_id).resolve()
    is_here = folder.parent == (root / "issues").resolve()
    return folder.name if is_here and folder.name in known else issue_id


def issue_folder(root: Path, issue_id: str) -> Path:
    """Raises ProjectError when there is no such issue."""
    folder = root / "issues" / spelled_id(root, issue_id)
    if not folder.is_dir():
        known = did_you_mean(issue_id, issue_ids(root))
        raise ProjectError(
            f"There is no folder issues/{issue_id}. {known} "
            f"newsletter-mailer new --issue {issue_id} makes one.".replace(".  ", ". ")
        )
    return folder


def issue_dates(root: Path) -> dict[str, date]:
    """The date of each issue that has a readable one."""
    dates: dict[str, date] = {}
    for issue_id in issue_ids(root):
        file = f"issues/{issue_id}/issue.toml"
        day = as_day(read_toml(root / file, file).table.get("date"))
        if day is not None:  # otherwise `check` of that issue says what is wrong with it
            dates[issue_id] = day
    return dates
