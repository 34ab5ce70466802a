"""Front matter -> the values of the fields that a kind declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import tzinfo

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Source, error
from newsletter_mailer.issue.body_tokens import FIELD
from newsletter_mailer.issue.front_matter import FrontMatter, Value
from newsletter_mailer.issue.kinds import COMMON_KEYS, FieldSpec, Kind
from newsletter_mailer.issue.merge_language import parse_merge_text
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.issue.model import FieldValue, PictureUse
from newsletter_mailer.issue.moments import BadMoment, Moment, parse_day, parse_moment, refuse_span
from newsletter_mailer.issue.pictures import BadPicture, Picture
from newsletter_mailer.text_cache import Cache

#: Given a path as the author wrote it: the picture, or BadPicture.
PictureLoader = Callable[[str], Picture]

_LINK = re.compile(r"(https?://|mailto:|tel:)\S+", re.IGNORECASE)


class FieldReader:
    """Reads the values of one section; what is wrong with them collects in `findings`."""

    def __init__(
        self,
        front: FrontMatter,
        source: Source,
        zone: tzinfo,
        load_picture: PictureLoader,
        cache: Cache,
    ) -> None:
        self.front, self.source, self.zone = front, source, zone
        self.load_picture, self.cache = load_picture, cache
        self.findings = list(front.findings)

    def wrong(self, rule: str, key: str, message: str, hint: str = "") -> None:
        self.findings.append(error(rule, self.place(key), message, hint))

    def place(self, key: str) -> Source:
        """The line of a key."""
        return self.source.at(self.front.line(key))

    def title(self, kind: Kind) -> MergeText:
        """Empty if there is none."""
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
        text, findings = parse_merge_text(value.strip(), self.place(key), cache=self.cache)
        self.findings.extend(findings)
        return text

    def fields(self, kind: Kind) -> dict[str, FieldValue]:
        """Those that are given, by name; not the title."""
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
            value = self._field(spec, raw, values)
            if value is not None:
                values[spec.name] = value
        return values

    def _field(
        self, spec: FieldSpec, raw: Value, earlier: Mapping[str, FieldValue]
    ) -> FieldValue | None:
        if not isinstance(raw, str):
            self.wrong(
                "front-matter", spec.name, f'"{spec.name}" is not a text.', 'Put it in "quotes".'
            )
            return None
        match spec.type:
            case "moment" | "day":
                return self._moment(spec, raw, earlier)
            case "picture":
                return self._picture(spec, raw)
            case "flag":
                if raw.casefold() in ("yes", "true", "no", "false"):
                    return raw.casefold() in ("yes", "true")
                self.wrong("bad-value", spec.name, f'"{spec.name}" must be yes or no.')
                return None
            case "url":
                return self._link(spec, raw)
        return self.text(spec.name, raw)

    def _moment(
        self, spec: FieldSpec, raw: str, earlier: Mapping[str, FieldValue]
    ) -> Moment | None:
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

    def _link(self, spec: FieldSpec, raw: str) -> MergeText:
        text = self.text(spec.name, raw)
        first = text.pieces[0] if text.pieces else ""
        if isinstance(first, str) and not _LINK.fullmatch(text.with_fields_as(FIELD)):
            self.wrong(
                "bad-link",
                spec.name,
                f'{spec.name}: "{raw}" is not a web address.',
                "Write https://..., mailto:... or tel:..., without spaces.",
            )
        return text

    def _picture(self, spec: FieldSpec, raw: str) -> PictureUse | None:
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
        """None where it cannot be shown, which is told of at `place`."""
        try:
            return self.load_picture(path)
        except BadPicture as fault:
            self.findings.append(error("bad-picture", place, str(fault)))
            return None
