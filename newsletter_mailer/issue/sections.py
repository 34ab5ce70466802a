"""A section's text -> Section: front matter held against its kind, the Markdown looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo
from urllib.parse import unquote

from markdown_it.token import Token

from newsletter_mailer.findings import Finding, Source, did_you_mean, error, warning
from newsletter_mailer.issue.front_matter import FrontMatter, Value, read_front_matter
from newsletter_mailer.issue.kinds import COMMON_KEYS, FieldSpec, Kind
from newsletter_mailer.issue.markdown import (
    FIELD,
    bracket_findings,
    code_ranges,
    inline_tokens,
    parse_markdown,
    structure_findings,
)
from newsletter_mailer.issue.merge import MergeText, parse_merge_text
from newsletter_mailer.issue.model import FieldValue, PictureUse, Section
from newsletter_mailer.issue.moments import BadMoment, Moment, parse_day, parse_moment, refuse_span
from newsletter_mailer.issue.pictures import BadPicture, Picture

#: Given a path as the author wrote it: the picture, or BadPicture.
PictureLoader = Callable[[str], Picture]

_LINK = re.compile(r"(https?://|mailto:|tel:)\S+", re.IGNORECASE)


def parse_section(
    text: str,
    file: str,
    *,
    kinds: Mapping[str, Kind],
    regions: Mapping[str, str],
    roles: Mapping[str, str],
    zone: tzinfo,
    load_picture: PictureLoader,
) -> tuple[Section | None, list[Finding]]:
    """The section in a file's text, and every fault in it. None if it has no known kind."""
    front = read_front_matter(text, file)
    parser = _Parser(front, Source(file), zone, load_picture)
    if front.findings:
        return None, parser.findings
    kind = parser.kind(kinds)
    if kind is None:
        return None, parser.findings
    body, tokens, pictures = parser.body()
    section = Section(
        slug=file.rpartition("/")[2].removesuffix(".md"),
        kind=kind,
        title=parser.title(kind),
        body=body,
        body_line=front.body_line,
        tokens=tokens,
        fields=parser.fields(kind),
        pictures=pictures,
        regions=parser.slugs("regions", regions),
        roles=parser.slugs("roles", roles),
        ignored=parser.words("ignore"),
        source=Source(file),
        field_lines={path[0]: line for path, line in front.lines.items() if len(path) == 1},
    )
    return section, parser.findings


class _Parser:
    def __init__(
        self, front: FrontMatter, source: Source, zone: tzinfo, load_picture: PictureLoader
    ) -> None:
        self.front, self.source, self.zone = front, source, zone
        self.load_picture = load_picture
        self.findings = list(front.findings)

    def wrong(self, rule: str, key: str, message: str, hint: str = "") -> None:
        self.findings.append(error(rule, self.place(key), message, hint))

    def place(self, key: str) -> Source:
        return self.source.at(self.front.line(key))

    def kind(self, kinds: Mapping[str, Kind]) -> Kind | None:
        name = self.front.values.get("kind", "")
        known = ", ".join(sorted(kinds))
        if not isinstance(name, str) or not name:
            self.wrong(
                "missing-field",
                "kind",
                "The section does not say its kind.",
                f"Add a line such as kind: story. Known: {known}.",
            )
            return None
        if name not in kinds:
            self.wrong(
                "unknown-kind",
                "kind",
                f'The template has no kind "{name}".',
                did_you_mean(name, kinds),
            )
            return None
        return kinds[name]

    def title(self, kind: Kind) -> MergeText:
        value = self.front.values.get("title", "")
        if not value:
            if kind.fields["title"].required:
                self.wrong(
                    "missing-field",
                    "kind",
                    "The section has no title.",
                    f"Add a line title: ... ({kind.fields['title'].help}).",
                )
            return MergeText()
        return self.text("title", value)

    def text(self, key: str, value: Value) -> MergeText:
        if not isinstance(value, str):
            self.wrong("front-matter", key, f'"{key}" is not a text.', 'Put it in "quotes".')
            return MergeText()
        if "\n" in value.strip() or "\r" in value:
            if key == "title":
                self.wrong(
                    "line-break", key, "The title holds a line break.", "Write it on one line."
                )
            value = " ".join(value.split())
        text, findings = parse_merge_text(value.strip(), self.place(key))
        self.findings.extend(findings)
        return text

    def fields(self, kind: Kind) -> dict[str, FieldValue]:
        for key in self.front.values:
            if key not in kind.fields and key not in COMMON_KEYS:
                known = [*kind.fields, *COMMON_KEYS]
                self.wrong(
                    "unknown-field",
                    key,
                    f'A section of kind {kind.name} has no "{key}".',
                    did_you_mean(key, known),
                )
        values: dict[str, FieldValue] = {}
        for spec in kind.fields.values():
            if spec.name == "title":
                continue
            raw = self.front.values.get(spec.name, "")
            if raw == "" or raw == []:
                if spec.required:
                    help_text = f" ({spec.help})" if spec.help else ""
                    self.wrong(
                        "missing-field",
                        "kind",
                        f'A section of kind {kind.name} needs "{spec.name}"{help_text}.',
                        f"Add a line {spec.name}: ...",
                    )
                continue
            value = self.field(spec, raw, values)
            if value is not None:
                values[spec.name] = value
        return values

    def field(
        self, spec: FieldSpec, raw: Value, earlier: Mapping[str, FieldValue]
    ) -> FieldValue | None:
        if not isinstance(raw, str):
            self.wrong(
                "front-matter", spec.name, f'"{spec.name}" is not a text.', 'Put it in "quotes".'
            )
            return None
        match spec.type:
            case "moment" | "day":
                return self.moment(spec, raw, earlier)
            case "picture":
                return self.picture(spec, raw)
            case "flag":
                if raw.casefold() in ("yes", "true", "no", "false"):
                    return raw.casefold() in ("yes", "true")
                self.wrong("bad-value", spec.name, f'"{spec.name}" must be yes or no.')
                return None
            case "url":
                return self.link(spec, raw)
        return self.text(spec.name, raw)

    def moment(self, spec: FieldSpec, raw: str, earlier: Mapping[str, FieldValue]) -> Moment | None:
        starts = earlier.get("starts")
        try:
            if spec.type == "day":
                return parse_day(raw)
            day_of = starts if isinstance(starts, Moment) else None
            moment = parse_moment(raw, self.zone, day_of=day_of)
        except BadMoment as fault:
            how = "2025-09-22" if spec.type == "day" else "2025-10-15 09:30, 2025-10-15 or tbc"
            if spec.name == "ends":
                how = f"15:30, {how}"
            self.wrong(
                "bad-date", spec.name, f"{spec.name}: {fault}.", f"Write it like this: {how}."
            )
            return None
        if spec.name == "ends" and day_of is not None:
            try:
                refuse_span(day_of, moment)
            except BadMoment as fault:
                self.wrong("bad-date", spec.name, f"{spec.name}: {fault}.", "Correct one of them.")
                return None
        return moment

    def link(self, spec: FieldSpec, raw: str) -> MergeText:
        text = self.text(spec.name, raw)
        first = text.pieces[0] if text.pieces else ""
        if isinstance(first, str) and not _LINK.fullmatch(_as_words(text)):
            self.wrong(
                "bad-link",
                spec.name,
                f'{spec.name}: "{raw}" is not a web address.',
                "Write https://..., mailto:... or tel:..., without spaces.",
            )
        return text

    def picture(self, spec: FieldSpec, raw: str) -> PictureUse | None:
        alt_key = f"{spec.name}_alt"
        alt = self.front.values.get(alt_key, "")
        if not isinstance(alt, str) or not alt.strip():
            self.wrong(
                "missing-alt",
                spec.name,
                f"The picture {raw} has no alternative text.",
                f"Add a line {alt_key}: ... that says what it shows.",
            )
        picture = self.load(raw, self.place(spec.name))
        return PictureUse(picture, self.text(alt_key, alt)) if picture else None

    def load(self, path: str, place: Source) -> Picture | None:
        try:
            return self.load_picture(path)
        except BadPicture as fault:
            self.findings.append(error("bad-picture", place, str(fault)))
            return None

    def body(self) -> tuple[MergeText, list[Token], dict[str, Picture]]:
        """The Markdown, its tokens, and the pictures in it by their paths as they stand there."""
        body, place = self.front.body, self.source.at(self.front.body_line)
        findings = [*bracket_findings(body, place)]
        if findings:
            self.findings.extend(findings)
            return MergeText(), [], {}
        literal = code_ranges(body) if "{" in body else []
        text, findings = parse_merge_text(body, place, literal=literal)
        tokens = parse_markdown(_as_words(text))
        self.findings.extend([*findings, *structure_findings(tokens, place)])
        return text, tokens, self.body_pictures(tokens)

    def body_pictures(self, tokens: list[Token]) -> dict[str, Picture]:
        pictures: dict[str, Picture] = {}
        for token in tokens:
            for child, line in inline_tokens(token):
                path = str(child.attrs.get("src", ""))
                if child.type != "image" or path in pictures:
                    continue
                place = self.source.at(self.front.body_line + line)
                if FIELD in path:
                    self.findings.append(
                        error(
                            "merge-place",
                            place,
                            "A merge field stands in the path of a picture.",
                            "Every reader of a section sees the same pictures; make a section "
                            "of its own with regions: or roles: for another one.",
                        )
                    )
                elif picture := self.load(unquote(path), place):
                    pictures[path] = picture
        return pictures

    def slugs(self, key: str, known: Mapping[str, str]) -> frozenset[str]:
        chosen = self.words(key)
        if "all" in chosen:
            self.wrong(
                f"unknown-{key.removesuffix('s')}",
                key,
                f'"all" is no {key.removesuffix("s")}.',
                f"Leave the line {key}: out, and everyone sees the section.",
            )
            return frozenset()
        for slug in sorted(chosen - known.keys()):
            self.wrong(
                f"unknown-{key.removesuffix('s')}",
                key,
                f'newsletter.toml declares no {key.removesuffix("s")} "{slug}".',
                did_you_mean(slug, known),
            )
        return chosen & known.keys()

    def words(self, key: str) -> frozenset[str]:
        value = self.front.values.get(key, [])
        items = re.split(r"[;,]", value) if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self.wrong(
                "front-matter",
                key,
                f'"{key}" is not a list of words.',
                f"Write {key}: [one, another].",
            )
            return frozenset()
        words = frozenset(str(item).strip() for item in items if str(item).strip())
        if key in self.front.values and not words:
            self.findings.append(
                warning(
                    "empty-target",
                    self.place(key),
                    f'"{key}" is empty: everyone is meant.',
                    f"Remove the line, or name {key}.",
                )
            )
        return words


def _as_words(text: MergeText) -> str:
    """The text with a harmless word in place of each field."""
    return "".join(piece if isinstance(piece, str) else FIELD for piece in text.pieces)
