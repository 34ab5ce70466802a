"""For GitHub Actions: workflow commands, which become annotations beside the changed lines.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands; the escapes
are those of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.check.reports.check_result import CheckResult
from newsletter_mailer.findings import Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_report(result: CheckResult) -> str:
    """One command a line; nothing if there is no finding."""
    return "".join(f"{_command(finding, result.prefix)}\n" for finding in result.findings)


def _command(finding: Finding, prefix: str) -> str:
    source = finding.source
    properties = {
        "title": f"newsletter-mailer ({finding.rule})",
        "file": prefix + source.file,
        "line": str(source.line),
    }
    place = f"{prefix}{source.file}:{source.line}"
    if source.column:
        properties["col"] = str(source.column)
        properties["endColumn"] = str(source.column + max(1, source.width))
        place += f":{source.column}"
    # The log of the job shows the message alone, so the place is said there too.
    message = visible(f"{place}: {finding.message}")
    if finding.hint:
        message += f"\n{visible(finding.hint)}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
