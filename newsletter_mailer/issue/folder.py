"""Reads issue and template folders. The only module here that touches files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any  # values of a TOML table

from newsletter_mailer.characters import has_line_break, unmailable
from newsletter_mailer.errors import ProjectError
from newsletter_mailer.findings import Finding, Source, did_you_mean, error
from newsletter_mailer.issue.kinds import Kind, parse_kind
from newsletter_mailer.issue.merge import MergeText, parse_merge_text
from newsletter_mailer.issue.model import Issue, Section, Template
from newsletter_mailer.issue.pictures import BadPicture, Picture, is_local_path, read_picture
from newsletter_mailer.issue.sections import parse_section
from newsletter_mailer.settings import Settings, is_language
from newsletter_mailer.toml_lines import line_of, parse_toml

LARGEST_TEXT = 1_000_000  #: octets of one text file
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECTION_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.md")
_MOST_KEYS = 20  #: unknown ones that are named
_ISSUE_KEYS = ("subject", "preheader", "date", "lists", "lang", "groups")
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif")


def issue_ids(root: Path) -> list[str]:
    """The issues of the project, in order of their names."""
    folder = root / "issues"
    if not folder.is_dir():
        return []
    return sorted(
        path.name for path in folder.iterdir() if path.is_dir() and _ID.fullmatch(path.name)
    )


def checked_id(issue_id: str) -> str:
    """The id itself. Raises ProjectError when it could not be a folder's name."""
    if not _ID.fullmatch(issue_id) or issue_id.endswith("."):
        shown = issue_id.encode("unicode_escape").decode()[:80]
        raise ProjectError(
            f'"{shown}" cannot be the id of an issue: use letters, digits, ".", "_" and "-", '
            "beginning with a letter or digit (at most 64), such as 2025-08."
        )
    return issue_id


def read_issue(
    root: Path, issue_id: str, settings: Settings, template: Template
) -> tuple[Issue | None, list[Finding]]:
    """The issue, and every fault in its files. Raises ProjectError when there is no such issue."""
    folder = root / "issues" / checked_id(issue_id)
    if not folder.is_dir():
        known = did_you_mean(issue_id, issue_ids(root))
        raise ProjectError(
            f"There is no folder issues/{issue_id}. {known} "
            f"newsletter-mailer new --issue {issue_id} makes one.".replace(".  ", ". ")
        )
    return _IssueReader(root, folder, settings, template).read()


class _IssueReader:
    def __init__(self, root: Path, folder: Path, settings: Settings, template: Template) -> None:
        self.folder, self.settings, self.template = folder, settings, template
        self.prefix = folder.relative_to(root).as_posix()
        self.findings: list[Finding] = []
        self.files: dict[str, bytes] = {}
        self.pictures: dict[str, Picture] = {}

    def read(self) -> tuple[Issue | None, list[Finding]]:
        toml_file = f"{self.prefix}/issue.toml"
        text = _read_text(self.folder / "issue.toml", toml_file, self.findings)
        table: Mapping[str, Any] = {}
        is_readable = False
        if text is not None:
            self.files["issue.toml"] = text.encode()
            table, broken = parse_toml(text, toml_file)
            self.findings.extend(broken)
            is_readable = not broken
            if not broken:
                self.look_at_keys(table, text, toml_file)
        sections = self.sections()
        if not sections and not self.findings:
            self.findings.append(
                error(
                    "empty-issue",
                    Source(self.prefix),
                    "The issue has no sections.",
                    "Write files such as 10-letter.md, or run newsletter-mailer add.",
                )
            )
        if text is None or not is_readable:
            return None, self.findings
        issue = self.issue(table, text, Source(toml_file), sections)
        return issue, self.findings

    def look_at_keys(self, table: Mapping[str, Any], text: str, file: str) -> None:
        for key in [key for key in table if key not in _ISSUE_KEYS][:_MOST_KEYS]:
            self.wrong(
                file,
                text,
                (key,),
                f'issue.toml does not understand "{key}".',
                did_you_mean(key, _ISSUE_KEYS),
            )

    def wrong(
        self, file: str, text: str, key: tuple[str, ...], message: str, hint: str = ""
    ) -> None:
        line = line_of(text, *key) if key else 1
        self.findings.append(error("issue-settings", Source(file, line), message, hint))

    def issue(
        self, table: Mapping[str, Any], text: str, source: Source, sections: list[Section]
    ) -> Issue | None:
        before = len(self.findings)
        subject = self.line_of_text(table, text, source, "subject")
        preheader = self.line_of_text(table, text, source, "preheader")
        if not str(table.get("subject", "")).strip():
            self.wrong(source.file, text, (), "The issue has no subject.", 'Add subject = "...".')
        day = table.get("date")
        if isinstance(day, datetime):
            day = day.date()
        if not isinstance(day, date):
            self.wrong(
                source.file,
                text,
                ("date",) if day else (),
                "The issue has no date.",
                "Add a line such as date = 2025-08-29 (no quotes).",
            )
        lists = table.get("lists", [])
        if not isinstance(lists, list) or not lists or not all(_is_list_name(n) for n in lists):
            self.wrong(
                source.file,
                text,
                ("lists",) if lists else (),
                "The issue does not say which lists it goes to.",
                'Add lists = ["directors"] for recipients/directors.csv.',
            )
        language = table.get("lang", self.settings.language)
        if not is_language(language):
            self.wrong(
                source.file, text, ("lang",), "lang is not a language.", 'Write lang = "en-GB".'
            )
        groups = self.groups(table.get("groups", {}), text, source)
        if len(self.findings) > before or not isinstance(day, date):
            return None
        return Issue(
            id=self.folder.name,
            subject=subject,
            preheader=preheader,
            date=day,
            lists=tuple(dict.fromkeys(lists)),
            language=language,
            groups=groups,
            sections=tuple(sections),
            source=source,
            files=self.files,
        )

    def line_of_text(
        self, table: Mapping[str, Any], text: str, source: Source, key: str
    ) -> MergeText:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.wrong(source.file, text, (key,), f"{key} is not a text.", 'Put it in "quotes".')
            return MergeText()
        if unmailable(value) or has_line_break(value) or "\t" in value:
            self.wrong(
                source.file,
                text,
                (key,),
                f"The {key} holds a line break or control character.",
                "Write it on one line.",
            )
            return MergeText()
        place = source.at(line_of(text, key)) if value else source
        merged, findings = parse_merge_text(value.strip(), place)
        self.findings.extend(findings)
        for field, line in merged.fields():
            if key == "subject" and (field.namespace, field.name) == ("issue", "subject"):
                self.findings.append(
                    error(
                        "merge-language",
                        place.at(line),
                        "The subject holds {{ issue.subject }}, itself.",
                        "Write the words.",
                    )
                )
                return MergeText()
        return merged

    def groups(self, table: Any, text: str, source: Source) -> dict[str, str]:
        if not isinstance(table, dict):
            self.wrong(
                source.file,
                text,
                ("groups",),
                "groups is not a table.",
                'Write [groups], and below it kind = "Heading".',
            )
            return {}
        for kind, heading in table.items():
            if kind not in self.template.kinds:
                self.findings.append(
                    error(
                        "unknown-kind",
                        source.at(line_of(text, "groups", kind)),
                        f'The template has no kind "{kind}".',
                        did_you_mean(kind, self.template.kinds),
                    )
                )
            if not isinstance(heading, str) or unmailable(heading):
                self.wrong(source.file, text, ("groups", kind), "A heading must be a text.")
        return {str(kind): str(heading) for kind, heading in table.items()}

    def sections(self) -> list[Section]:
        sections: list[Section] = []
        written = [path for path in self.folder.iterdir() if path.suffix.lower() == ".md"]
        for path in sorted(written, key=lambda p: _order(p.name)):
            file = f"{self.prefix}/{path.name}"
            if not _SECTION_FILE.fullmatch(path.name):
                self.findings.append(
                    error(
                        "file-name",
                        Source(file),
                        "This file name cannot be used.",
                        "Use letters, digits, - and _, such as 20-story.md.",
                    )
                )
                continue
            text = _read_text(path, file, self.findings)
            if text is None:
                continue
            self.files[path.name] = text.encode()
            section, findings = parse_section(
                text,
                file,
                kinds=self.template.kinds,
                regions=self.settings.regions,
                roles=self.settings.roles,
                zone=self.settings.zone,
                load_picture=self.picture,
            )
            self.findings.extend(findings)
            if section is not None:
                sections.append(section)
        return sections

    def picture(self, path: str) -> Picture:
        """Raises BadPicture."""
        if path not in self.pictures:
            self.pictures[path] = _picture(self.folder, path, "the issue's folder")
            self.files[path] = self.pictures[path].content
        return self.pictures[path]


def read_template(root: Path, name: str, shipped: Path) -> tuple[Template | None, list[Finding]]:
    """The template `templates/name` of the project, else the one shipped with the program.

    Raises ProjectError when neither exists.
    """
    if not _ID.fullmatch(name):
        raise ProjectError(f'template = "{name}" in newsletter.toml cannot be a folder\'s name.')
    folder = next(
        (place for place in (root / "templates" / name, shipped / name) if place.is_dir()), None
    )
    if folder is None:
        raise ProjectError(f"There is no template folder templates/{name}.")
    return _TemplateReader(folder, name).read()


class _TemplateReader:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.prefix = f"templates/{name}"
        self.findings: list[Finding] = []
        self.texts: dict[str, str] = {}
        self.pictures: dict[str, Picture] = {}
        self.files: dict[str, bytes] = {}

    def read(self) -> tuple[Template | None, list[Finding]]:
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder).as_posix()
            if path.is_file() and not any(part.startswith(".") for part in relative.split("/")):
                self.take(path, relative)
        kinds = self.kinds()
        if "newsletter.mjml" not in self.texts:
            place = Source(f"{self.prefix}/newsletter.mjml")
            self.findings.append(error("template", place, "The template lacks this file."))
        theme, broken = parse_toml(self.texts.get("theme.toml", ""), f"{self.prefix}/theme.toml")
        self.findings.extend(broken)
        if self.findings:
            return None, self.findings
        template = Template(
            name=self.name,
            folder=self.prefix,
            texts=self.texts,
            pictures=self.pictures,
            kinds=kinds,
            theme=theme,
            files=self.files,
        )
        return template, []

    def take(self, path: Path, relative: str) -> None:
        file = f"{self.prefix}/{relative}"
        if path.suffix.lower() in _PICTURE_ENDINGS:
            try:
                self.pictures[relative] = read_picture(relative, path.read_bytes())
                self.files[relative] = self.pictures[relative].content
            except BadPicture as fault:
                self.findings.append(error("bad-picture", Source(file), str(fault)))
        elif path.suffix in (".mjml", ".css", ".toml", ".txt"):
            text = _read_text(path, file, self.findings)
            if text is not None:
                self.texts[relative] = text
                self.files[relative] = text.encode()

    def kinds(self) -> dict[str, Kind]:
        kinds: dict[str, Kind] = {}
        for relative, text in self.texts.items():
            if relative.startswith("sections/") and relative.endswith(".mjml"):
                kind, findings = parse_kind(text, f"{self.prefix}/{relative}")
                self.findings.extend(findings)
                kinds[kind.name] = kind
        return kinds


def issue_dates(root: Path) -> dict[str, date]:
    """The date of each issue that has a readable one."""
    dates: dict[str, date] = {}
    for issue_id in issue_ids(root):
        try:
            table = tomllib.loads((root / "issues" / issue_id / "issue.toml").read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue  # `check` of that issue says what is wrong with it
        if isinstance(table.get("date"), date):
            dates[issue_id] = table["date"]
    return dates


def _picture(folder: Path, path: str, where: str) -> Picture:
    if not is_local_path(path):
        raise BadPicture(
            f'The picture "{path}" is not in {where}. Copy it to images/ there, '
            "and write images/name.png."
        )
    file = folder / path
    if not file.is_file():
        there = [other.relative_to(folder).as_posix() for other in folder.glob("images/*")]
        hint = did_you_mean(path, there)
        raise BadPicture(f'The picture "{path}" does not exist in {where}. {hint}'.rstrip())
    if not file.resolve().is_relative_to(folder.resolve()):
        raise BadPicture(f'The picture "{path}" is a link that leads out of {where}.')
    return read_picture(path, file.read_bytes())


def _read_text(path: Path, file: str, findings: list[Finding]) -> str | None:
    """The text with \\n line ends, or None and a finding."""

    def wrong(message: str, hint: str = "", line: int = 1) -> None:
        findings.append(error("unreadable-file", Source(file, line), message, hint))

    if not path.exists():
        wrong("This file is missing.")
        return None
    if not path.is_file():
        wrong("This is not a file.")
        return None
    try:
        if path.stat().st_size > LARGEST_TEXT:
            wrong("The file is larger than 1 MB.", "Shorten it; pictures belong in images/.")
            return None
        content = path.read_bytes()
    except OSError as fault:
        wrong(f"The file cannot be read: {fault.strerror}.")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        wrong(
            "The file is not UTF-8 text.",
            'Save it again as UTF-8 ("Encoding" in the Save as dialog).',
            content.count(b"\n", 0, fault.start) + 1,
        )
        return None
    if "\0" in text:
        wrong("The file is not a text file.", "", text.count("\n", 0, text.index("\0")) + 1)
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := unmailable(text):
        character, at = found
        line = text.count("\n", 0, at) + 1
        words = text[:at].rpartition("\n")[2][-30:]
        findings.append(
            error(
                "control-character",
                Source(file, line),
                f"This line holds an invisible control character ({character}).",
                f'It stands after "{words}": delete it there.' if words else "Delete it.",
            )
        )
        return None
    return text


def _order(name: str) -> tuple[int, str]:
    """`5-a.md` comes before `10-b.md`; names without a number come last."""
    number = re.match(r"\d+", name)
    return (int(number[0]) if number else 10**9, name)


def _is_list_name(name: object) -> bool:
    return isinstance(name, str) and bool(_ID.fullmatch(name))
