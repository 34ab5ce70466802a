"""Earlier issues, as far as a later one is compared with them: their texts, not yet parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.issue_folders import issue_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierIssue:
    """An issue as its files say it."""

    id: str
    date: date
    subject: str
    preheader: str
    lists: tuple[str, ...]
    sections: Mapping[str, str]  #: the text of each section by its path in the project
    list_sizes: Mapping[str, int]  #: how many people each list had when it was sent; may be empty

    @property
    def source(self) -> Source:
        return Source(f"issues/{self.id}/issue.toml")


def earlier_issues(root: Path, issue_id: str, day: date) -> Sequence[EarlierIssue]:
    """Every issue dated before `day`, the latest first. What cannot be read is left out."""
    dates = issue_dates(root)
    before = [one for one in dates if dates[one] < day and one != issue_id]
    return [_read(root, one, dates[one]) for one in sorted(before, key=dates.__getitem__)[::-1]]


def _read(root: Path, issue_id: str, day: date) -> EarlierIssue:
    folder = root / "issues" / issue_id
    table = _table(folder / "issue.toml")
    lists = table.get("lists")
    sizes = _table(folder / "sent.toml").get("lists")
    return EarlierIssue(
        id=issue_id,
        date=day,
        subject=str(table.get("subject", "")),
        preheader=str(table.get("preheader", "")),
        lists=tuple(map(str, lists)) if isinstance(lists, list) else (),
        sections={
            f"issues/{issue_id}/{path.name}": text
            for path in sorted(folder.glob("*.md"))
            if (text := _text(path))
        },
        list_sizes={str(name): size for name, size in sizes.items() if isinstance(size, int)}
        if isinstance(sizes, dict)
        else {},
    )


def _table(path: Path) -> Mapping[str, object]:
    return read_toml(path, path.name).table


def _text(path: Path) -> str:
    """The file's text; of a file that cannot be read, nothing: `check` of its own issue tells."""
    return text_file(path, path.name, [], within=path.parent) or ""
