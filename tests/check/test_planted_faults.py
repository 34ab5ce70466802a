"""Each of these faults, planted into a copy of issue 2025-08, is found where it stands, alone."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.errors import ContentError
from newsletter_mailer.findings import Finding
from tests.conftest import REPOSITORY

ISSUE = "2025-08"
FOLDER = f"issues/{ISSUE}/"
AT = "2025-08-29T09:00"


@dataclass(frozen=True)
class Fault:
    """`old` becomes `new` in a file; then `rule` speaks of the line where `at` (or `new`) stands.

    `companions`: rules that have something true to say of the same slip.
    """

    rule: str
    file: str
    old: str
    new: str
    at: str = ""
    companions: tuple[str, ...] = ()
    elsewhere: str = ""  #: the file that the finding names, if it is another
    more: tuple[tuple[str, str], ...] = ()  #: further replacements in the same file


def section(name: str) -> str:
    return f"{FOLDER}{name}.md"


LETTER = section("10-letter")
STORY = section("20-who-cares-we-care")
FUTURE = section("30-inspiring-future-leaders")
LEADERS = section("40-families-first-leaders-day")
AUTISM = section("50-autism-survey")
TRANSPORT = section("60-black-country-transport")
CO_DESIGN = section("65-directors-co-design")
HOARDING = section("70-children-and-hoarding")
CONTACT = section("72-child-contact")
MAJORITY = section("74-black-and-global-majority")
SAFEGUARDING = section("76-safeguarding-conference")
PARTICIPATION = section("78-participation-conference")
TOML = f"{FOLDER}issue.toml"
LIST = "recipients/example.csv"

FAULTS = [
    # dates
    Fault("weekday-mismatch", STORY, "On Tuesday 22 July", "On Monday 22 July", "Monday 22"),
    Fault("weekday-mismatch", LEADERS, "Thursday 2 October", "Friday 2 October"),
    Fault("impossible-date", LEADERS, "Thursday 2 October 2025", "31 September 2025"),
    Fault("past-event", HOARDING, "starts: 2025-09-23 10:00", "starts: 2025-08-26 10:00",
          more=(("ends: 2025-09-23 12:00", "ends: 2025-08-26 12:00"),)),
    Fault("past-deadline", TRANSPORT, "closes: 2025-09-19", "closes: 2025-08-19"),
    Fault("deadline-after-event", CONTACT, "register_by: 2025-09-22", "register_by: 2025-10-22"),
    Fault("bad-date", HOARDING, "ends: 2025-09-23 12:00", "ends: 2025-09-23 09:00"),
    Fault("events-at-once", CONTACT, "starts: 2025-10-15 09:30", "starts: 2025-10-09 10:00",
          more=(("ends: 2025-10-15 11:00", "ends: 2025-10-09 11:00"),)),
    Fault("bank-holiday", SAFEGUARDING, "starts: 2025-11-27", "starts: 2025-12-26"),
    # words
    Fault("unfinished-text", LETTER, "Nobody earns that in a few months", "TODO: say how long"),
    Fault("unfinished-text", AUTISM, "ADASS is looking", "Lorem ipsum: ADASS is looking"),
    Fault("unfinished-text", FUTURE, "Only a few places", "*|FNAME|*, only a few places"),
    Fault("doubled-word", STORY, "listen to the language", "listen to the the language"),
    Fault("merge-language", LETTER, "subscriber.first_name |", "subscriber.first_name ||"),
    Fault("unknown-field", LETTER, "subscriber.first_name", "subscribe.first_name"),
    Fault("unmatched-quote", LETTER, 'focused "packages" of', 'focused "packages of'),
    # links
    Fault("vague-link-text", FUTURE, "link_text: See how to apply for Inspiring Future Leaders",
          "link_text: Click here"),
    Fault("same-words-different-targets", AUTISM, "link_text: Take part through ADASS",
          "link_text: See how to apply for Inspiring Future Leaders"),
    Fault("http-link", AUTISM, "https://www.adass", "http://www.adass"),
    Fault("shortened-link", AUTISM, "https://www.adass.org.uk", "https://bit.ly/3xYzAbC"),
    Fault("local-link", AUTISM, "https://www.adass.org.uk", "https://localhost:8000/survey"),
    Fault("relative-link", LETTER, "(https://www.gov.uk/government/organisations/ofsted)",
          "(ofsted/report.html)", "Ofsted"),
    Fault("unsafe-link", LETTER, "(https://www.gov.uk/government/organisations/ofsted)",
          "(javascript:alert(1))", "Ofsted"),
    Fault("broken-anchor", LETTER, "(https://www.gov.uk/government/organisations/ofsted)",
          "(#s-99-ofsted)", "Ofsted"),
    # accessibility
    Fault("alt-is-file-name", STORY, "picture_alt: Illustration of four young people in silhouette "
          "beside overlapping speech bubbles in teal, amber and rust", "picture_alt: story.jpg"),
    Fault("alt-placeholder", LETTER, "portrait_alt: Portrait of Marian Telfer-Brooks",
          "portrait_alt: ree"),
    Fault("contrast", "templates/regional/theme.toml", 'muted = "#51616a"', 'muted = "#9aa7ae"',
          elsewhere="templates/regional/newsletter.mjml"),
    # clients and the template
    Fault("mjml-attribute", "templates/regional/sections/story.mjml", 'padding-bottom="0px"',
          'padding-botom="0px"'),
    Fault("raw-html", AUTISM, "a larger study", "a <u>larger</u> study"),
    Fault("bad-picture", STORY, "picture: images/story.jpg", "picture: images/storey.jpg"),
    # targeting and merge
    Fault("unknown-region", TRANSPORT, "[dudley,", "[dudly,"),
    Fault("unknown-role", CO_DESIGN, "roles: [director]", "roles: [directer]"),
    Fault("section-reaches-nobody", CO_DESIGN, "roles: [director]",
          "roles: [lead-member]\nregions: [solihull]", "65"),
    Fault("unknown-kind", AUTISM, "kind: notice", "kind: notise"),
    Fault("misspelt", AUTISM, "kind: notice", "kind: notice"),
    Fault("missing-value", LETTER, '{{ subscriber.first_name | default("colleague") }}',
          "{{ subscriber.first_name }}"),
    Fault("domain-typo", LIST, "a.oneill@birmingham.example.org", "a.oneill@birmingam.example.org"),
    Fault("bad-address", LIST, "a.oneill@birmingham.example.org", "a.oneill@birmingham"),
    # envelope and parts
    Fault("subject-length", TOML, "August 2025: SEND plans and autumn events",
          "August 2025: SEND plans, autumn events, five stories and a survey", "subject"),
    Fault("shouting-subject", TOML, "August 2025: SEND plans and autumn events",
          "AUGUST 2025: SEND PLANS AND AUTUMN EVENTS", "subject"),
    Fault("preheader", TOML, 'preheader = "Outstanding news from Shropshire, £1.6 million for our '
          'region, and five free events."', 'preheader = ""'),
    Fault("personal-data", AUTISM, "a short survey", "a short survey (ring Kim on 07700 900123)"),
]  # fmt: skip


def a_copy(folder: Path) -> Path:
    root = folder / "project"
    for name in ("issues", "templates", "recipients"):
        shutil.copytree(REPOSITORY / name, root / name)
    for path in REPOSITORY.glob("*.t?t"):
        shutil.copyfile(path, root / path.name)
    shutil.copyfile(REPOSITORY / "newsletter.toml", root / "newsletter.toml")
    return root


def findings(root: Path, at: str = AT) -> list[Finding]:
    try:
        project = open_project(root, {})
    except ContentError as stopped:
        return [*stopped.findings]
    moment = datetime.fromisoformat(at).replace(tzinfo=project.settings.zone)
    return check(project, ISSUE, moment).findings


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str, str]]:
    """What there is to say of the issue as it stands."""
    found = findings(a_copy(tmp_path_factory.mktemp("sound")))
    return Counter((one.rule, one.source.file, one.message) for one in found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule}-{Path(fault.file).stem}")
def test_a_planted_fault_is_found_alone(
    fault: Fault, tmp_path: Path, sound: Counter[tuple[str, str, str]]
) -> None:
    root = a_copy(tmp_path)
    text = (root / fault.file).read_text("utf-8")
    for old, new in ((fault.old, fault.new), *fault.more):
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    (root / fault.file).write_text(text, "utf-8")
    needle = fault.at or fault.new.split("\n")[0]
    line = next(n for n, line in enumerate(text.split("\n"), 1) if needle in line)

    new = [one for one in findings(root) if not sound[(one.rule, one.source.file, one.message)]]

    said = {(one.rule, one.source.file) for one in new if one.rule not in fault.companions}
    assert said == {(fault.rule, fault.elsewhere or fault.file)}
    if not fault.elsewhere:
        assert line in {one.source.line for one in new if one.rule == fault.rule}


def test_there_are_forty_faults() -> None:
    assert len(FAULTS) >= 40


def test_the_issue_had_no_error_when_it_was_sent(sound: object, tmp_path: Path) -> None:
    assert [one for one in findings(a_copy(tmp_path)) if one.severity == "error"] == []


def test_a_month_later_just_what_is_past_is_named(tmp_path: Path) -> None:
    errors = [
        one for one in findings(a_copy(tmp_path), "2025-09-30T00:00") if one.severity == "error"
    ]

    assert [(one.rule, one.source.file, one.source.line) for one in errors] == [
        ("past-deadline", TRANSPORT, 5),
        ("past-deadline", CO_DESIGN, 5),
        ("past-event", HOARDING, 4),
        ("past-deadline", CONTACT, 8),
        ("past-deadline", MAJORITY, 8),
    ]
