"""The nouns of an issue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import BodyToken
from newsletter_mailer.issue.kinds import Kind
from newsletter_mailer.issue.merge_text import MergeField, MergeText
from newsletter_mailer.issue.moments import Moment
from newsletter_mailer.issue.pictures import Picture
from newsletter_mailer.settings.check import CheckSettings


@dataclass(frozen=True, slots=True)
class PictureUse:
    """A picture in a field, with the words for those who do not see it."""

    picture: Picture
    alt: MergeText


FieldValue = MergeText | Moment | PictureUse | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One block of an issue. Empty `regions` or `roles` means no restriction."""

    slug: str  #: the file's name without .md
    kind: Kind
    title: MergeText
    body: MergeText  #: Markdown, line endings already normalised to \n
    body_line: int
    tokens: Sequence[BodyToken] = field(default=(), repr=False, compare=False)  #: of the body
    fields: Mapping[str, FieldValue]  #: by name, only those that are given
    pictures: Mapping[str, Picture] = field(default_factory=dict)  #: of the body, by path
    regions: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()  #: rules that do not apply here
    source: Source
    field_lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_targeted(self) -> bool:
        return bool(self.regions or self.roles)

    @property
    def starts(self) -> Moment | None:
        """When an event begins; None for other kinds."""
        value = self.fields.get("starts")
        return value if isinstance(value, Moment) else None

    @property
    def ends(self) -> Moment | None:
        value = self.fields.get("ends")
        return value if isinstance(value, Moment) else None

    def sees(self, regions: frozenset[str], roles: frozenset[str]) -> bool:
        """Whether a reader of these regions and roles gets this section."""
        return (not self.regions or not self.regions.isdisjoint(regions)) and (
            not self.roles or not self.roles.isdisjoint(roles)
        )

    def merge_fields(self) -> Iterator[tuple[MergeField, Source]]:
        for text in (self.title, self.body, *self.fields.values()):
            if isinstance(text, PictureUse):
                text = text.alt
            if isinstance(text, MergeText):
                for merge_field, line in text.fields():
                    yield merge_field, self.source.at(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One edition."""

    id: str
    subject: MergeText
    preheader: MergeText
    date: date
    lists: tuple[str, ...]  #: their names, in order of precedence
    language: str
    groups: Mapping[str, str]  #: kind -> heading over a run of its sections
    sections: tuple[Section, ...]
    source: Source  #: issue.toml
    files: Mapping[str, bytes]  #: what the author wrote, by path, newlines normalised
    unused_pictures: tuple[str, ...] = ()  #: paths in images/ that no section names
    check: CheckSettings = field(default_factory=CheckSettings)
    has_unread_sections: bool = False  #: a section's file is too broken to be one of `sections`

    def merge_fields(self) -> Iterator[tuple[MergeField, Source]]:
        """Every merge field of the issue and where it stands."""
        for text in (self.subject, self.preheader):
            for merge_field, line in text.fields():
                yield merge_field, self.source.at(line)
        for section in self.sections:
            yield from section.merge_fields()

    def is_in(self, language: str) -> bool:
        """Whether it is written in that language: a basic range of RFC 4647 (section 3.3.1)."""
        return f"{self.language.casefold()}-".startswith(f"{language}-")

    def header_fields(self) -> frozenset[str]:
        """The subscriber's fields that become part of a header."""
        return frozenset(
            merge_field.name
            for merge_field, _ in self.subject.fields()
            if merge_field.namespace == "subscriber"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template folder, read. `texts` by path: newsletter.mjml, sections/event.mjml, ..."""

    name: str
    folder: str  #: for findings, relative to the project folder
    texts: Mapping[str, str]
    pictures: Mapping[str, Picture]
    kinds: Mapping[str, Kind]
    theme: Mapping[str, object]
    files: Mapping[str, bytes]  #: all of it, by path, newlines of texts normalised

    @property
    def page(self) -> Source:
        """For what no single place of the template is to blame for."""
        return Source(f"{self.folder}/newsletter.mjml")
