"""check: the options become a request; what was found becomes a report and an exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.options.evidence import AsksForEvidence, asked_for
from newsletter_mailer.cli.options.project import Json, ProjectOption, opened, opened_root
from newsletter_mailer.cli.options.protected_files import refuse_file_within, refuse_own_file
from newsletter_mailer.cli.options.values import moment
from newsletter_mailer.cli.results.crash_file import tell_failures
from newsletter_mailer.cli.results.exit_codes import NOTHING_SENT
from newsletter_mailer.cli.terminal.printing import (
    echo,
    echo_painted,
    examples,
    json_text,
    print_json,
    say,
)

if TYPE_CHECKING:
    from newsletter_mailer.check.reports.check_result import CheckResult
    from newsletter_mailer.check.runner.timings import Timings

app = typer.Typer()


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


@app.command(
    cls=AsksForEvidence,
    epilog=examples(
        "newsletter-mailer check",
        "newsletter-mailer check --issue 2025-08 --at 2025-08-29T09:00 --links",
        "newsletter-mailer check --explain gmail-clipping",
        "newsletter-mailer check --strict --format sarif --output check.sarif",
    ),
)
def check(
    context: typer.Context,
    issue: Annotated[
        str | None,
        typer.Option("--issue", metavar="ID", help="Default: all issues from today on."),
    ] = None,
    chosen_format: Annotated[
        Format | None,
        typer.Option("--format", help="How findings are printed. Default: text."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write that format to a file; people still get the text.",
        ),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", metavar="WHEN", parser=moment, help="The assumed time of sending."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show who gets which section, by region and role.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Say how long each rule takes, the slowest first.")
    ] = False,
    list_rules: Annotated[
        bool, typer.Option("--rules", help="List all rules, and check nothing.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="RULE", help="A rule's page of the manual."),
    ] = None,
    json_output: Json = False,
    project: ProjectOption = None,
) -> None:
    """Say what is wrong, with file and line.

    Exit codes: 0 nothing that stops an issue, 1 errors (with --strict warnings too), 2 a wrong
    option.
    """
    form = _format(chosen_format, json_output)
    if matrix and form not in (Format.TEXT, Format.JSON):
        raise typer.BadParameter(f"--matrix goes with text or json, not with --format {form}.")
    if list_rules or explain is not None:
        _show_manual(explain, form)
        return
    stopwatch = _stopwatch() if timings else None
    result = _report(
        project,
        issue,
        at,
        asked_for(context),
        output,
        stopwatch,
        is_strict=strict,
        with_matrix=matrix,
    )
    if output is not None:
        _write(output, _written(form, result, issue))
    if output is None and form is not Format.TEXT:
        echo(_written(form, result, issue), is_whole=True)
        say(result.summary())
    else:
        _print_for_people(result)
    tell_failures(result.findings)
    if result.timings and form is not Format.JSON:
        _print_timings(result)
    if any(result.fails(finding) for finding in result.findings):
        raise typer.Exit(NOTHING_SENT)


def _format(chosen: Format | None, json_output: bool) -> Format:
    if json_output and chosen not in (None, Format.JSON):
        raise typer.BadParameter(f"--json does not go with --format {chosen}.")
    return Format.JSON if json_output else chosen or Format.TEXT


def _show_manual(rule: str | None, form: Format) -> None:
    """A rule's page, or the list of all. Needs no project."""
    from newsletter_mailer.check.reports.manual import manual_page, rule_list, rule_object
    from newsletter_mailer.check.rules import all_rules
    from newsletter_mailer.cli.terminal.capabilities import look_of
    from newsletter_mailer.did_you_mean import did_you_mean

    rules = all_rules()
    if rule is not None and rule not in rules:
        hint = did_you_mean(rule, rules) or "All rules: newsletter-mailer check --rules."
        raise typer.BadParameter(f'--explain: there is no rule "{rule}". {hint}')
    if form is Format.JSON:
        shown = rules.values() if rule is None else [rules[rule]]
        print_json({"rules": [rule_object(one) for one in shown]})
    elif form is not Format.TEXT:
        raise typer.BadParameter(f"--format {form} is for findings; the manual is text or json.")
    else:
        look = look_of(sys.stdout)
        text = rule_list(rules.values(), look) if rule is None else manual_page(rules[rule], look)
        echo_painted(text, sys.stdout)


def _report(
    project: Path | None,
    issue: str | None,
    at: datetime | None,
    wanted: Sequence[str],
    output: Path | None,
    stopwatch: Timings | None,
    *,
    is_strict: bool,
    with_matrix: bool,
) -> CheckResult:
    """Settings that cannot be read are findings too, in whatever format. Raises ProjectError."""
    from newsletter_mailer.campaign.check import Checked
    from newsletter_mailer.campaign.check import check as job
    from newsletter_mailer.campaign.source_lines import SourceLines, path_from_git_root
    from newsletter_mailer.check.reports.check_result import CheckResult
    from newsletter_mailer.cli.options.values import in_zone
    from newsletter_mailer.errors import ContentError
    from newsletter_mailer.findings import in_order

    try:
        newsletter = opened(project)
    except ContentError as stopped:
        checked, unreadable = Checked(by_issue={}), in_order(stopped.findings)
        if output is not None:
            refuse_file_within(opened_root() or Path(), "--output", output)
    else:
        if output is not None:
            refuse_own_file(newsletter, "--output", output)
        zone = newsletter.settings.zone
        now = in_zone(at, zone) if at else datetime.now(zone)
        checked = job(newsletter, issue, now, wanted, lambda text: say(f"note: {text}"), stopwatch)
        unreadable = []
        if not checked.by_issue:
            say(
                f"No issue is dated {now.date().isoformat()} or later, so none was checked. "
                "Name one with --issue."
            )
    root = opened_root() or Path()
    return CheckResult(
        findings=unreadable or checked.findings,
        by_issue=checked.by_issue,
        variants=checked.variants,
        matrices=checked.matrices if with_matrix else {},
        timings=stopwatch.slowest_first() if stopwatch else (),
        is_strict=is_strict,
        prefix=path_from_git_root(root),
        lines=SourceLines(root),
    )


def _written(form: Format, result: CheckResult, issue: str | None) -> str:
    """The report as programs read it, or as people do without a terminal."""
    match form:
        case Format.GITHUB:
            from newsletter_mailer.check.reports.github import github_report

            return github_report(result)
        case Format.JUNIT:
            from newsletter_mailer.check.reports.junit import junit_report

            return junit_report(result)
        case Format.TEXT:
            from newsletter_mailer.check.reports.text import Look, report_for_people

            return f"{report_for_people(result, Look())}\n"
        case Format.SARIF:
            from newsletter_mailer.check.reports.sarif import sarif_log
            from newsletter_mailer.check.rules import all_rules

            return json_text(sarif_log(result, all_rules(), issue), indent=2) + "\n"
        case Format.JSON:
            from newsletter_mailer.check.reports.json_object import json_object

            shown = json_object(result.findings, result.matrices, result.timings)
            return json_text(shown, indent=2) + "\n"


def _stopwatch() -> Timings:
    from newsletter_mailer.check.runner.timings import Timings

    return Timings(time.perf_counter)


def _print_timings(result: CheckResult) -> None:
    """To standard error: standard output has the findings, which programs may read."""
    from newsletter_mailer.check.reports.timings_table import timings_table

    say(timings_table(result.timings))


def _print_for_people(result: CheckResult) -> None:
    from newsletter_mailer.check.reports.text import report_for_people
    from newsletter_mailer.cli.terminal.capabilities import look_of

    text = report_for_people(result, look_of(sys.stdout))
    if text:
        echo_painted(text, sys.stdout)


def _write(file: Path, text: str) -> None:
    """Raises ProjectError."""
    from newsletter_mailer.errors import ProjectError

    try:
        file.write_bytes(text.encode("utf-8", "replace"))
    except OSError as fault:
        raise ProjectError(f"--output: {file} cannot be written: {fault.strerror}.") from None
