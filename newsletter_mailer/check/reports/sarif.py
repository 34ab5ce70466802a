"""SARIF 2.1.0, for GitHub code scanning and editors: rules with their manual, and results.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html;
section numbers below are its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote

from newsletter_mailer import __version__
from newsletter_mailer.characters.terminal import visible, without_surrogates
from newsletter_mailer.check.questions.rule import Rule
from newsletter_mailer.check.reports.check_result import CheckResult
from newsletter_mailer.findings import Finding, Severity, Source

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_ROOT = "%SRCROOT%"  #: the name that GitHub knows for the repository's root
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
#: What GitHub calls them (`problem.severity` of a rule).
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}

Json = dict[str, object]


def sarif_log(result: CheckResult, rules: Mapping[str, Rule], issue: str | None) -> Json:
    """One run over all rules. `issue`: the only one that was asked for, None for all to come.

    A later run with the same id replaces an earlier one (3.17.3), so the id says which issue.
    """
    scope = "/".join(
        ["newsletter-mailer", *result.prefix.strip("/").split("/"), issue or "all"]
    ).replace("//", "/")
    places = {rule: place for place, rule in enumerate(rules)}
    same: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "newsletter-mailer",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in rules.values()],
                    }
                },
                "automationDetails": {"id": f"{without_surrogates(scope)}/"},
                "invocations": [
                    {
                        "executionSuccessful": not any(
                            finding.rule == "internal-error" for finding in result.findings
                        )
                    }
                ],
                "originalUriBaseIds": {
                    _ROOT: {"description": {"text": "The root of the repository."}}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, result, places, same) for finding in result.findings],
            }
        ],
    }


def _rule(rule: Rule) -> Json:
    summary, manual = _literal(rule.summary), _literal(rule.manual)
    return {
        "id": rule.id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": manual, "markdown": manual},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.group.partition(":")[0]],
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _result(
    finding: Finding, result: CheckResult, places: Mapping[str, int], same: Counter[str]
) -> Json:
    words = "\n".join(visible(part) for part in (finding.message, finding.hint) if part)
    told: Json = {"ruleId": finding.rule}
    if finding.rule in places:
        told["ruleIndex"] = places[finding.rule]
    return told | {
        "level": _LEVELS[finding.severity],
        "message": {"text": _literal(words)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": _uri(result.prefix + finding.source.file),
                        "uriBaseId": _ROOT,
                    },
                    "region": _region(finding.source),
                }
            }
        ],
        "partialFingerprints": {"newsletterMailer/v1": _fingerprint(finding, result, same)},
    }


def _literal(text: str) -> str:
    """Braces stand for themselves when doubled; single ones enclose a placeholder (3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")


def _uri(path: str) -> str:
    """Relative (RFC 3986 section 4.2)."""
    return quote(without_surrogates(path), safe="/")


def _region(source: Source) -> Json:
    """`endColumn` is the one after the last (3.30.8)."""
    region: Json = {"startLine": source.line}
    if source.column:
        region |= {
            "startColumn": source.column,
            "endColumn": source.column + max(1, source.width),
        }
    return region


def _fingerprint(finding: Finding, result: CheckResult, same: Counter[str]) -> str:
    """The same while the line says the same, wherever it moves to (3.27.17).

    The second of what is the same in all that counts gets another.
    """
    source = finding.source
    lines = result.lines(source.file) or ()
    line = lines[source.line - 1].strip() if 0 < source.line <= len(lines) else ""
    parts = "\0".join((finding.rule, result.prefix + source.file, finding.message, line))
    same[parts] += 1
    whole = f"{parts}\0{same[parts]}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]
