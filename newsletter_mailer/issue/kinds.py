"""The kinds of section that a template knows: one file in its `sections/` each.

A kind file opens with front matter that declares its fields, so that a misspelt or missing one is a
finding with file and line, and `add` can write the skeleton.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Source, error
from newsletter_mailer.issue.front_matter import Value, read_front_matter
from newsletter_mailer.text_cache import OWN, Cache

FIELD_TYPES = ("text", "url", "email", "moment", "day", "picture", "flag")
#: Keys that every section may have, whatever its kind.
COMMON_KEYS = ("kind", "title", "regions", "roles", "ignore")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_KIND_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a kind. `label` is what plain text shows before the value; empty hides it."""

    name: str
    type: str  #: one of FIELD_TYPES
    required: bool = False
    label: str = ""
    help: str = ""
    example: str = ""
    keep: bool = False  #: `new` takes the value over into the next issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of section, as its file declares it."""

    name: str
    label: str
    help: str
    fields: Mapping[str, FieldSpec]
    template: str  #: Jinja2 source of the MJML, front matter cut off
    template_line: int  #: line of the file where `template` begins
    source: Source

    @property
    def is_event(self) -> bool:
        return "starts" in self.fields


def parse_kind(text: str, file: str, cache: Cache = OWN) -> tuple[Kind, list[Finding]]:
    """The kind that a file of `sections/` declares, and what is wrong with the declaration."""
    source = Source(file)
    name = file.rpartition("/")[2].removesuffix(".mjml")
    front = read_front_matter(text, file, cache)
    findings = list(front.findings)
    if not _KIND_NAME.fullmatch(name):
        findings.append(
            error(
                "template-kind",
                source,
                f'"{name}" cannot be the name of a kind.',
                "Use small letters, digits and hyphens.",
            )
        )
    findings.extend(
        error(
            "template-kind",
            Source(file, front.line(key)),
            f'A kind does not understand "{key}".',
            did_you_mean(key, ("label", "help", "fields")),
        )
        for key in front.values
        if key not in ("label", "help", "fields")
    )
    declared = front.values.get("fields", {})
    fields: dict[str, FieldSpec] = {}
    if not isinstance(declared, dict):
        place = Source(file, front.line("fields"))
        findings.append(error("template-kind", place, '"fields" is not a table.', _SHAPE))
        declared = {}
    for field_name, value in declared.items():
        place = Source(file, front.line("fields", field_name))
        spec = _field(field_name, value, place, findings)
        fields[field_name] = spec
        if spec.type == "picture":
            alt = f"{field_name}_alt"
            fields[alt] = FieldSpec(
                name=alt, type="text", help="What the picture shows, for those who cannot see it"
            )
    fields.setdefault("title", FieldSpec(name="title", type="text", help="The heading"))
    label = front.values.get("label", name)
    help_line = front.values.get("help", "")
    kind = Kind(
        name=name,
        label=str(label),
        help=str(help_line),
        fields=fields,
        template=front.body,
        template_line=front.body_line,
        source=source,
    )
    return kind, findings


_SHAPE = "Write fields:, and below it lines such as  title: {type: text, required: true}"


def _field(name: str, value: Value, place: Source, findings: list[Finding]) -> FieldSpec:
    def wrong(message: str, hint: str = "") -> None:
        findings.append(error("template-kind", place, message, hint))

    if not _NAME.fullmatch(name) or (name in COMMON_KEYS and name != "title"):
        wrong(f'"{name}" cannot be the name of a field.', "Use small letters, digits and _.")
    if not isinstance(value, dict):
        wrong(f'The field "{name}" is not a table.', _SHAPE)
        return FieldSpec(name=name, type="text")
    texts = {key: text for key, text in value.items() if isinstance(text, str)}
    for key in value:
        known = ("type", "required", "label", "help", "example", "keep")
        if key not in known or key not in texts:
            wrong(f'The field "{name}" does not understand "{key}".', did_you_mean(key, known))
    field_type = texts.get("type", "text")
    if field_type not in FIELD_TYPES:
        wrong(
            f'The field "{name}" has the type "{field_type}", which does not exist.',
            did_you_mean(field_type, FIELD_TYPES),
        )
        field_type = "text"
    required, keep = texts.get("required", "false"), texts.get("keep", "false")
    for key, flag in (("required", required), ("keep", keep)):
        if flag not in ("true", "false"):
            wrong(f'{key} of "{name}" must be true or false.')
    return FieldSpec(
        name=name,
        type=field_type,
        required=required == "true",
        keep=keep == "true",
        label=texts.get("label", ""),
        help=texts.get("help", ""),
        example=texts.get("example", ""),
    )
