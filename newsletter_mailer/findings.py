"""What is wrong with somebody's files: collected, never raised one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

_LONGEST = 600  #: characters of a message: it is for a person to read


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a file that a person wrote."""

    file: str  #: relative to the project folder, with forward slashes
    line: int = 1  #: counted from 1
    column: int = 0  #: characters, counted from 1; 0 where it is not known
    width: int = 0  #: how many characters are meant; 0 where that is not known

    def at(self, line: int, column: int = 0, width: int = 0) -> Source:
        return Source(self.file, line, column, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, where, and what to do about it."""

    rule: str
    severity: Severity
    source: Source
    message: str
    hint: str = ""
    gist: str = ""  #: in a few words, where several are told in one sentence
    about: str = ""  #: the word that is wrong, where findings are compared by it
    traceback: str = ""  #: of a mistake of ours, for whoever mends the program

    def as_json(self) -> dict[str, str | int | None]:
        """`column` is null where it is not known."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "file": self.source.file,
            "line": self.source.line,
            "message": self.message,
            "hint": self.hint,
            "column": self.source.column or None,
        }


def error(rule: str, source: Source, message: str, hint: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, source=source, message=message, hint=hint)


def warning(rule: str, source: Source, message: str, hint: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, source=source, message=message, hint=hint)


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file and line, each fault once; what a message quotes at length is cut."""
    unique = dict.fromkeys(map(_in_short, findings))
    return sorted(unique, key=lambda f: (f.source, f.severity.value, f.rule, f.message))


def _in_short(finding: Finding) -> Finding:
    if len(finding.message) <= _LONGEST and len(finding.hint) <= _LONGEST:
        return finding
    return replace(finding, message=_cut(finding.message), hint=_cut(finding.hint))


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST * 2 // 3]} … {text[-_LONGEST // 4 :]}"
