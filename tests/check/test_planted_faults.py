"""Each of these slips, planted into a copy of issue 2025-08, is found where it stands, alone."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding
from tests.acceptance.scene import Newsletter
from tests.check.dictionary import dictionary, words_of
from tests.check.faults import CO_DESIGN, CONTACT, FAULTS, HOARDING, MAJORITY, TRANSPORT, Fault
from tests.conftest import REPOSITORY

ISSUE = "2025-08"
WHEN_SENT, A_MONTH_LATER = "2025-08-29T09:00", "2025-09-30"
#: What 2025-08 announces that is over by then, or can no longer be booked.
PAST_A_MONTH_LATER = [
    ("past-deadline", TRANSPORT, 5),
    ("past-deadline", CO_DESIGN, 5),
    ("past-event", HOARDING, 4),
    ("past-deadline", CONTACT, 8),
    ("past-deadline", MAJORITY, 8),
]


def a_copy(folder: Path) -> Path:
    root = folder / "project"
    for name in ("issues", "templates", "recipients"):
        shutil.copytree(REPOSITORY / name, root / name)
    shutil.copyfile(REPOSITORY / "newsletter.toml", root / "newsletter.toml")
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """With a dictionary of just the words of these issues and of the slips."""
    texts = [path.read_text("utf-8") for path in (REPOSITORY / "issues").glob("*/*.[mt]*")]
    texts += [fault.new for fault in FAULTS if fault.rule != "misspelt-word"]
    return dictionary(tmp_path_factory.mktemp("words") / "dictionary", words_of(texts))


def findings(root: Path, environment: dict[str, str], at: str = WHEN_SENT) -> list[Finding]:
    try:
        project = open_project(root, environment)
    except ContentError as stopped:
        return [*stopped.findings]
    moment = datetime.fromisoformat(at).replace(tzinfo=project.settings.zone)
    return check(project, ISSUE, moment).findings


Said = tuple[str, str, str]


def said(finding: Finding) -> Said:
    """A finding without its line, which moves with what is planted above it."""
    return finding.rule, finding.source.file, finding.message


def place(finding: Finding) -> str:
    source = finding.source
    return f"{source.file}:{source.line}" + (f":{source.column}" if source.column else "")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Counter[Said]:
    """What there is to say of the issue as it stands."""
    return Counter(map(said, findings(a_copy(tmp_path_factory.mktemp("sound")), environment)))


def new_among(findings: Iterable[Finding], sound: Counter[Said]) -> list[Finding]:
    left = sound.copy()
    new = []
    for finding in findings:
        if left[said(finding)]:
            left[said(finding)] -= 1
        else:
            new.append(finding)
    return new


def plant(fault: Fault, root: Path) -> str:
    """The place that must be named."""
    path = root / fault.file
    text = path.read_text("utf-8")
    for old, new in ((fault.old, fault.new), *fault.more):
        assert old in text
        text = text.replace(old, new, 1)
    start = path.read_text("utf-8").index(fault.old)
    path.write_text(text, "utf-8")
    for name, content in fault.files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content, "utf-8")
    if fault.elsewhere:
        text, start = (root / fault.elsewhere).read_text("utf-8"), 0
    meant = fault.at or fault.new.split("\n")[0]
    at = text.index(meant, start if meant in text[start:] else 0)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    file = fault.elsewhere or fault.file
    return f"{file}:{line}" if fault.whole else f"{file}:{line}:{column}"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule}-{Path(fault.file).name}")
def test_a_slip_is_found_alone(
    fault: Fault, tmp_path: Path, sound: Counter[Said], environment: dict[str, str]
) -> None:
    root = a_copy(tmp_path)
    expected = plant(fault, root)

    new = new_among(findings(root, environment), sound)

    told = [f"{one.rule} {place(one)}" for one in new if one.rule not in fault.companions]
    assert told == [f"{fault.rule} {expected}"]
    assert {one.rule for one in new} == {fault.rule, *fault.companions}


def test_there_are_enough_slips_of_many_kinds() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.rule for fault in FAULTS}) >= 40


def test_the_issue_had_no_error_when_it_was_sent(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    found = findings(a_copy(tmp_path), environment)

    assert [one for one in found if one.severity == "error"] == []


def test_a_month_later_just_what_is_past_is_named(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    found = findings(a_copy(tmp_path), environment, A_MONTH_LATER)

    errors = [one for one in found if one.severity == "error"]
    assert [(one.rule, one.source.file, one.source.line) for one in errors] == PAST_A_MONTH_LATER


def test_the_command_says_so_too(tmp_path: Path) -> None:
    news = Newsletter(a_copy(tmp_path))

    def errors(at: str) -> tuple[int, list[tuple[str, str, int]]]:
        done = news.command("check", "--issue", ISSUE, "--at", at, "--json")
        found = [one for one in done.json["findings"] if one["severity"] == "error"]
        return done.code, [(one["rule"], one["file"], one["line"]) for one in found]

    assert errors(WHEN_SENT) == (0, [])
    assert errors(A_MONTH_LATER) == (1, PAST_A_MONTH_LATER)
