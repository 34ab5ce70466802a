"""The table [check] of newsletter.toml or of an issue.toml: severities, ignores, what to check for.

Pure: the table and the text that it was read from are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter_mailer.findings import Finding, Severity, Source, error
from newsletter_mailer.toml_text import line_of

_SHAPE = (
    'It takes ignore = ["rule"], clients = ["outlook-classic"], rule = "error", "warning" or '
    '"info", and a table [check.acronyms].'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """What one file says under [check]."""

    file: str = "newsletter.toml"
    severities: Mapping[str, Severity] = field(default_factory=dict)  #: by rule
    ignored: frozenset[str] = frozenset()  #: rules
    lines: Mapping[str, int] = field(default_factory=dict)  #: of each rule, client and key named
    clients: tuple[str, ...] = ()  #: mail clients; empty means the usual ones
    acronyms: Mapping[str, str] = field(default_factory=dict)  #: what they stand for, by acronym

    def source(self, key: str) -> Source:
        """Where a rule, a client or a key stands."""
        return Source(self.file, self.lines.get(key, 1))


def read_check_settings(
    table: object, text: str, file: str, rule: str
) -> tuple[CheckSettings, list[Finding]]:
    """The settings in a TOML table, and what is wrong there as findings of `rule`."""
    findings: list[Finding] = []

    def wrong(message: str, hint: str, *key: str) -> None:
        source = Source(file, line_of(text, "check", *key))
        findings.append(error(rule, source, message, hint))

    if not isinstance(table, dict):
        wrong('"check" is not a table.', "Write [check], and below it its keys.")
        return CheckSettings(file=file), findings
    severities: dict[str, Severity] = {}
    words: dict[str, list[str]] = {"ignore": [], "clients": []}
    acronyms: dict[str, str] = {}
    for key, value in table.items():
        if key in words:
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                words[key] = value
            else:
                wrong(f"{key} is not a list of words.", f'Write {key} = ["one", "another"].', key)
        elif key == "acronyms":
            if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
                acronyms = value
            else:
                wrong("acronyms is not a table.", 'Write SEND = "special educational needs".', key)
        elif value in list(Severity):
            severities[key] = Severity(value)
        else:
            wrong(f'[check] does not understand {key} = "{value}".', _SHAPE, key)
    lines = {key: line_of(text, "check", key) for key in table}
    for key, listed in words.items():
        for word in listed:
            lines.setdefault(word, _line_of_word(text, lines[key], word))
    return (
        CheckSettings(
            file=file,
            severities=severities,
            ignored=frozenset(words["ignore"]),
            lines=lines,
            clients=tuple(words["clients"]),
            acronyms=acronyms,
        ),
        findings,
    )


def _line_of_word(text: str, first: int, word: str) -> int:
    """The line of a word in a list that begins in line `first`, and may go on."""
    for number, line in enumerate(text.split("\n")[first - 1 :], start=first):
        if f'"{word}"' in line or f"'{word}'" in line:
            return number
    return first
