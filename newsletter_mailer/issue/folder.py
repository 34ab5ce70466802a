"""Reads an issue's folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any  # values of a TOML table

from newsletter_mailer.characters.invisible import has_line_break, unmailable
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.files.text_file import text_file
from newsletter_mailer.files.toml_file import read_toml
from newsletter_mailer.findings import Finding, Source, error, has_errors
from newsletter_mailer.issue.issue_folders import issue_folder
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import Issue, Section, Template
from newsletter_mailer.issue.picture_file import picture_file
from newsletter_mailer.issue.pictures import ENDINGS, Picture
from newsletter_mailer.issue.sections import parse_section
from newsletter_mailer.settings.check import read_check_settings
from newsletter_mailer.settings.newsletter import Settings, is_folder_name, is_language
from newsletter_mailer.text_cache import OWN, Cache
from newsletter_mailer.toml_text import as_day, line_of

_SECTION_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.md")
_MOST_KEYS = 20  #: unknown ones that are named
_ISSUE_KEYS = ("subject", "preheader", "date", "lists", "lang", "groups", "check")


def read_issue(
    root: Path,
    issue_id: str,
    settings: Settings,
    template: Template,
    place_of_list: Callable[[str], str] = str,
    cache: Cache = OWN,
) -> tuple[Issue | None, list[Finding]]:
    """The issue, and every fault in its files. Raises ProjectError when there is no such issue.

    `place_of_list`: where a list of that name would be, in words. `cache`: of what was read before.
    """
    folder = issue_folder(root, issue_id)
    return _IssueReader(root, folder, settings, template, place_of_list, cache).read()


class _IssueReader:
    def __init__(
        self,
        root: Path,
        folder: Path,
        settings: Settings,
        template: Template,
        place_of_list: Callable[[str], str],
        cache: Cache,
    ) -> None:
        self.folder, self.settings, self.template = folder, settings, template
        self.place_of_list, self.cache = place_of_list, cache
        self.prefix = folder.relative_to(root).as_posix()
        self.findings: list[Finding] = []
        self.files: dict[str, bytes] = {}
        self.pictures: dict[str, Picture] = {}
        self.has_unread_sections = False

    def read(self) -> tuple[Issue | None, list[Finding]]:
        toml_file = f"{self.prefix}/issue.toml"
        read = read_toml(self.folder / "issue.toml", toml_file)
        self.files["issue.toml"] = read.text.encode()
        self.findings.extend(read.findings)
        self.look_at_keys(read.table, read.text, toml_file)
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
        if read.findings:
            return None, self.findings
        issue = self.issue(read.table, read.text, Source(toml_file), sections)
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
        day = as_day(table.get("date"))
        if day is None:
            written = table.get("date")
            self.wrong(
                source.file,
                text,
                ("date",) if written else (),
                f'date = "{written}" is not a date.' if written else "The issue has no date.",
                "Write date = 2025-08-29 (no quotes).",
            )
        lists = table.get("lists", [])
        if not isinstance(lists, list) or not lists or not all(_is_list_name(n) for n in lists):
            self.wrong(
                source.file,
                text,
                ("lists",) if lists else (),
                "lists does not name lists as it should."
                if lists
                else "The issue does not say which lists it goes to.",
                f'Write lists = ["directors"] for {self.place_of_list("directors")}.',
            )
        language = table.get("lang", self.settings.language)
        if not is_language(language):
            self.wrong(
                source.file, text, ("lang",), "lang is not a language.", 'Write lang = "en-GB".'
            )
        groups = self.groups(table.get("groups", {}), text, source)
        check, wrong = read_check_settings(
            table.get("check", {}), text, source.file, rule="issue-settings"
        )
        self.findings.extend(wrong)
        if len(self.findings) > before or day is None:
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
            unused_pictures=self.unused_pictures(),
            check=check,
            has_unread_sections=self.has_unread_sections,
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
        merged, findings = parse_merge_text(value.strip(), place, cache=self.cache)
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
            text = text_file(path, file, self.findings, within=self.folder)
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
                cache=self.cache,
            )
            self.findings.extend(findings)
            if section is not None:
                sections.append(section)
        self.has_unread_sections = len(sections) < len(written)
        return sections

    def picture(self, path: str) -> Picture:
        """Raises BadPicture."""
        if path not in self.pictures:
            self.pictures[path] = picture_file(self.folder, path, "the issue's folder", self.cache)
            self.files[path] = self.pictures[path].content
        return self.pictures[path]

    def unused_pictures(self) -> tuple[str, ...]:
        """What lies in images/ for nothing. None where a file that may name it has mistakes."""
        if has_errors(self.findings):
            return ()
        used = {posixpath.normpath(path).casefold() for path in self.pictures}
        there = (path for path in self.folder.glob("images/**/*") if _is_picture(path))
        paths = (path.relative_to(self.folder).as_posix() for path in there)
        return tuple(sorted(path for path in paths if path.casefold() not in used))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


def _order(name: str) -> tuple[int, str]:
    """`5-a.md` comes before `10-b.md`; names without a number come last."""
    number = re.match(r"\d+", name)
    return (int(number[0]) if number else 10**9, name)


def _is_list_name(name: object) -> bool:
    return isinstance(name, str) and is_folder_name(name)
