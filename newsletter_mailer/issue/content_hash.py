"""The content hash: what readers will see, as one SHA-256 and one for each file.

Over the parsed issue, the bytes of the template and of the pictures that are used, and the settings
that readers see. Never over lists, ledger or approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import FieldValue, Issue, PictureUse, Section, Template
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.settings.newsletter import Settings, readers_settings


@dataclass(frozen=True, slots=True)
class ContentHash:
    """Hexadecimal SHA-256 of everything, and of each file by its path in the project."""

    total: str
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Short enough to be read out or written in a reply."""
        return self.total[:12]

    def changed(self, earlier: Mapping[str, str]) -> list[str]:
        """Files that differ from an earlier hash: changed, new or gone."""
        return sorted(
            path for path in {*self.files, *earlier} if self.files.get(path) != earlier.get(path)
        )


def content_hash(issue: Issue, template: Template, settings: Settings) -> ContentHash:
    folder = issue.source.file.rpartition("/")[0]
    files = {
        "newsletter.toml": _digest(readers_settings(settings)),
        issue.source.file: _digest(
            [
                issue.subject.as_json(),
                issue.preheader.as_json(),
                issue.date.isoformat(),
                issue.language,
                sorted(issue.groups.items()),
            ]
        ),
    }
    for section in issue.sections:
        files[section.source.file] = _digest(_section(section))
    for path, content in issue.files.items():
        if path != "issue.toml" and not path.endswith(".md"):
            files[f"{folder}/{path}"] = hashlib.sha256(content).hexdigest()
    for path, content in template.files.items():
        files[f"{template.folder}/{path}"] = hashlib.sha256(content).hexdigest()
    return ContentHash(_digest(sorted(files.items())), files)


def _section(section: Section) -> list[object]:
    return [
        section.slug,
        section.kind.name,
        section.title.as_json(),
        section.body.as_json(),
        sorted((name, _field(value)) for name, value in section.fields.items()),
        sorted(section.regions),
        sorted(section.roles),
    ]


def _field(value: FieldValue) -> list[object]:
    match value:
        case MergeText():
            return ["text", *value.as_json()]
        case Moment():
            return ["moment", value.iso]
        case PictureUse():
            return ["picture", value.picture.path, *value.alt.as_json()]
        case bool():
            return ["flag", value]


def _digest(value: object) -> str:
    plain = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
