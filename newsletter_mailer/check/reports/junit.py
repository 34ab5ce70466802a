"""For GitLab, Jenkins and what else reads JUnit XML: a test case for every finding.

What fails the run is a failure. Any other finding is "skipped": of test cases that do not fail,
that is the only kind whose words GitLab shows (lib/gitlab/ci/parsers/test/junit.rb), and Jenkins
too. An issue in which nothing fails is a test case that passes, so that a clean run is no empty
report.

GitLab tells test cases apart by class name and name, and drops all but the first of the same:
names hold no line numbers, so that a fault is the same fault when its line moves, and the second
of the same name gets a number. Jenkins takes what stands after the last full stop for the class,
hence file names without their endings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree

from newsletter_mailer.characters.terminal import visible
from newsletter_mailer.check.reports.check_result import CheckResult
from newsletter_mailer.findings import Finding


def junit_report(result: CheckResult) -> str:
    root = ElementTree.Element("testsuites", name="newsletter-mailer check")
    suites = [*_issues(result), *_files(result)]
    root.extend(suites)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _issues(result: CheckResult) -> Iterator[ElementTree.Element]:
    clean = [
        ElementTree.Element("testcase", classname="issues", name=visible(issue), time="0")
        for issue, findings in result.by_issue.items()
        if not any(result.fails(finding) for finding in findings)
    ]
    if clean:
        yield _suite("issues", clean)


def _files(result: CheckResult) -> Iterator[ElementTree.Element]:
    for file, findings in groupby(result.findings, key=lambda finding: finding.source.file):
        path = visible(result.prefix + file)
        names: Counter[str] = Counter()
        yield _suite(path, [_case(finding, path, names, result) for finding in findings])


def _suite(name: str, cases: Sequence[ElementTree.Element]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=name, tests=str(len(cases)), errors="0")
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("time", "0")
    suite.extend(cases)
    return suite


def _case(
    finding: Finding, path: str, names: Counter[str], result: CheckResult
) -> ElementTree.Element:
    name = f"{finding.rule}: {visible(finding.message)}"
    names[name] += 1
    if names[name] > 1:
        name += f" ({names[name]})"
    case = ElementTree.Element(
        "testcase",
        classname=_without_ending(path),
        name=name,
        file=path,
        line=str(finding.source.line),
        time="0",
    )
    outcome = ElementTree.SubElement(case, "failure" if result.fails(finding) else "skipped")
    outcome.set("type", finding.severity.value)
    outcome.set("message", visible(finding.message))
    outcome.text = "\n".join(
        visible(line)
        for line in (
            f"{path}:{_place(finding)}: {finding.severity}: {finding.message} [{finding.rule}]",
            finding.hint,
        )
        if line
    )
    return case


def _place(finding: Finding) -> str:
    source = finding.source
    return f"{source.line}:{source.column}" if source.column else f"{source.line}"


def _without_ending(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}"
