"""check: the options become a request; what was found becomes a report and an exit code."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter_mailer.cli.ending import NOTHING_SENT
from newsletter_mailer.cli.options import moment
from newsletter_mailer.cli.output import echo, echo_painted, json_text, print_json, say
from newsletter_mailer.cli.own_files import refuse_file_within, refuse_own_file
from newsletter_mailer.cli.project import Json, ProjectOption, opened, opened_root

if TYPE_CHECKING:
    from newsletter_mailer.campaign.evidence import Wanted
    from newsletter_mailer.check.reports.report import Report


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


def check(
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
    links: Annotated[
        bool, typer.Option("--links", help="Ask the web whether each link's target is there.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser", help="Look at every variant in a browser, with axe-core.")
    ] = False,
    spam: Annotated[
        bool, typer.Option("--spam", help="Ask the SpamAssassin that is installed here.")
    ] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show who gets which section, by region and role.")
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
    from newsletter_mailer.campaign.evidence import Wanted

    wanted = Wanted(links=links, browser=browser, spam=spam)
    report = _report(project, issue, at, wanted, output, is_strict=strict, with_matrix=matrix)
    text = _written(form, report, issue)
    if output is not None:
        _write(output, text)
    if output is None and form is not Format.TEXT:
        echo(text, is_whole=True)
        say(report.summary())
    else:
        _print_for_people(report)
    if any(report.fails(finding) for finding in report.findings):
        raise typer.Exit(NOTHING_SENT)


def _format(chosen: Format | None, json_output: bool) -> Format:
    if json_output and chosen not in (None, Format.JSON):
        raise typer.BadParameter(f"--json does not go with --format {chosen}.")
    return Format.JSON if json_output else chosen or Format.TEXT


def _show_manual(rule: str | None, form: Format) -> None:
    """A rule's page, or the list of all. Needs no project."""
    from newsletter_mailer.check.reports.manual import manual_page, rule_list, rule_object
    from newsletter_mailer.check.rules import all_rules
    from newsletter_mailer.cli.terminal import look_of
    from newsletter_mailer.findings import did_you_mean

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
    wanted: Wanted,
    output: Path | None,
    *,
    is_strict: bool,
    with_matrix: bool,
) -> Report:
    """Settings that cannot be read are findings too, in whatever format. Raises ProjectError."""
    from newsletter_mailer.campaign.check import Checked
    from newsletter_mailer.campaign.check import check as job
    from newsletter_mailer.campaign.source_lines import SourceLines, path_from_git_root
    from newsletter_mailer.check.reports.report import Report
    from newsletter_mailer.cli.options import in_zone
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
        checked = job(newsletter, issue, now, wanted, lambda text: say(f"note: {text}"))
        unreadable = []
        if not checked.by_issue:
            say(
                f"No issue is dated {now.date().isoformat()} or later, so none was checked. "
                "Name one with --issue."
            )
    root = opened_root() or Path()
    return Report(
        findings=unreadable or checked.findings,
        by_issue=checked.by_issue,
        variants=checked.variants,
        matrices=checked.matrices if with_matrix else {},
        is_strict=is_strict,
        prefix=path_from_git_root(root),
        lines=SourceLines(root),
    )


def _written(form: Format, report: Report, issue: str | None) -> str:
    """The report as programs read it, or as people do without a terminal."""
    from newsletter_mailer.check.reports.github import github_report
    from newsletter_mailer.check.reports.json_object import json_object
    from newsletter_mailer.check.reports.junit import junit_report
    from newsletter_mailer.check.reports.sarif import sarif_log
    from newsletter_mailer.check.reports.text import Look, report_for_people
    from newsletter_mailer.check.rules import all_rules

    if form is Format.GITHUB:
        return github_report(report)
    if form is Format.JUNIT:
        return junit_report(report)
    if form is Format.TEXT:
        return f"{report_for_people(report, Look())}\n"
    shown = (
        sarif_log(report, all_rules(), issue)
        if form is Format.SARIF
        else json_object(report.findings, report.matrices)
    )
    return json_text(shown, indent=2) + "\n"


def _print_for_people(report: Report) -> None:
    from newsletter_mailer.check.reports.text import report_for_people
    from newsletter_mailer.cli.terminal import look_of

    text = report_for_people(report, look_of(sys.stdout))
    if text:
        echo_painted(text, sys.stdout)


def _write(file: Path, text: str) -> None:
    """Raises ProjectError."""
    from newsletter_mailer.errors import ProjectError

    try:
        file.write_bytes(text.encode("utf-8", "replace"))
    except OSError as fault:
        raise ProjectError(f"--output: {file} cannot be written: {fault.strerror}.") from None
