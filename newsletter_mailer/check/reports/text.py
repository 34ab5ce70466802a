"""For people: grouped by file, with the line of the file and a caret under what is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.check.reports.check_result import CheckResult, Lines
from newsletter_mailer.check.reports.matrix_table import matrix_table
from newsletter_mailer.check.reports.snippet import snippet
from newsletter_mailer.check.reports.wrapping import wrapped
from newsletter_mailer.findings import Finding, Severity, Source

Style = Literal["file", "error", "warning", "info", "message", "faint", "gutter", "help"]
#: Colours a text, or gives it back as it is.
Paint = Callable[[str, Style], str]

_LEAST_ROOM = 20  #: columns for words, however narrow the terminal


def plain(text: str, style: Style) -> str:  # noqa: ARG001  # a Paint
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the terminal can show."""

    width: int = 100  #: columns, for the lines of files
    wraps: bool = False  #: sentences are broken at the width; a pipe gets them whole
    paint: Paint = plain
    is_compact: bool = False  #: a line for each finding, without the file's line and the hint
    most_alike: int | None = None  #: entries of one rule and severity in a file; None: all


def report_for_people(result: CheckResult, look: Look) -> str:
    """Findings, matrices, and a sentence that sums up."""
    parts = [text_report(result.findings, result.lines, look)] if result.findings else []
    parts += [
        f"{matrix_table(issue, matrix, look.width)}\n" for issue, matrix in result.matrices.items()
    ]
    if result.findings or result.by_issue:
        parts += wrapped(result.summary(), look.width if look.wraps else None)
    return "\n".join(parts)


def text_report(findings: Sequence[Finding], lines: Lines, look: Look) -> str:
    """In the order given, with the number of those not shown. Empty if there is none."""
    files = groupby(findings, key=lambda finding: finding.source.file)
    return "\n".join(
        _group(file, _in_brief([*found], look.most_alike), lines, look) for file, found in files
    )


def _in_brief(findings: Sequence[Finding], most_alike: int | None) -> Sequence[Finding]:
    """The first of each kind; where they are too many, the last that is shown counts the rest."""
    if most_alike is None:
        return findings
    found = Counter(map(_kind, findings))
    met: Counter[tuple[str, Severity]] = Counter()
    shown = []
    for finding in findings:
        kind = _kind(finding)
        met[kind] += 1
        if met[kind] < most_alike or found[kind] == most_alike:
            shown.append(finding)
        elif met[kind] == most_alike:
            shown.append(_counting(finding, found[kind] - most_alike + 1))
    return shown


def _kind(finding: Finding) -> tuple[str, Severity]:
    """A rule may tell errors and warnings; many of the one must not hide the other."""
    return finding.rule, finding.severity


def _counting(first: Finding, count: int) -> Finding:
    """In place of the first of those that are not shown."""
    return replace(
        first,
        message=f"{count:,} more like this in this file, from here on.",
        hint="With --output FILE, newsletter-mailer check writes all of them to a file.",
    )


def _group(file: str, findings: Sequence[Finding], lines: Lines, look: Look) -> str:
    indent = max(len(_place(finding.source)) for finding in findings) + 2
    parts = [look.paint(visible(file), "file")]
    for finding in findings:
        if not look.is_compact:
            parts.append("")
        parts += _entry(finding, lines(file), indent, look)
    return "\n".join([*parts, ""])


def _place(source: Source) -> str:
    return f"{source.line}:{source.column}" if source.column else f"{source.line}"


def _entry(finding: Finding, lines: Sequence[str] | None, indent: int, look: Look) -> Iterator[str]:
    place = look.paint(_place(finding.source).rjust(indent), "gutter")
    first, *rest = _sentence(finding, indent + 2, look)
    yield f"{place}  {first}"
    yield from (f"{' ' * (indent + 2)}{line}" for line in rest)
    if look.is_compact:
        return
    yield from _line_of_file(finding, lines, indent, look)
    if finding.hint:
        first, *rest = wrapped(visible(finding.hint), _room(indent + 9, look))
        sign, title = look.paint("=", "gutter"), look.paint("help:", "help")
        yield f"{' ' * indent} {sign} {title} {first}"
        yield from (f"{' ' * (indent + 9)}{line}" for line in rest)


def _sentence(finding: Finding, indent: int, look: Look) -> list[str]:
    """`error: What is wrong. [rule]`."""
    severity = f"{finding.severity}:"
    rule = f"[{visible(finding.rule)}]"
    text = f"{severity} {visible(finding.message)} {rule}"
    broken = wrapped(text, _room(indent, look))
    style: Style = "faint" if finding.severity is Severity.INFO else "message"
    painted = []
    for number, line in enumerate(broken, start=1):
        head = severity if number == 1 else ""
        tail = rule if number == len(broken) else ""
        words = line.removeprefix(head).removesuffix(tail)
        painted.append(
            look.paint(head, finding.severity.value)
            + look.paint(words, style)
            + look.paint(tail, "faint")
        )
    return painted


def _line_of_file(
    finding: Finding, lines: Sequence[str] | None, indent: int, look: Look
) -> Iterator[str]:
    source = finding.source
    if lines is None or not 0 < source.line <= len(lines):
        return
    line = lines[source.line - 1]
    if line.strip() in ("", "---") or (source.line == 1 and not source.column):
        return  # line 1 without a column stands for the whole file
    room = max(_LEAST_ROOM, look.width - indent - 3)
    shown = snippet(line, source.column, source.width, room)
    bar = look.paint("|", "gutter")
    number = look.paint(str(source.line).rjust(indent), "gutter")
    yield f"{' ' * indent} {bar}"
    yield f"{number} {bar} {shown.line}"
    if shown.carets:
        carets = shown.carets.lstrip()
        before = " " * (len(shown.carets) - len(carets))
        yield f"{' ' * indent} {bar} {before}{look.paint(carets, finding.severity.value)}"


def _room(indent: int, look: Look) -> int | None:
    return max(_LEAST_ROOM, look.width - indent) if look.wraps else None
