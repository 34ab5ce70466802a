"""`check --spam`: what an installed SpamAssassin holds against a message, and what of it counts."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter_mailer.campaign.check import check
from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.evidence.dictionary import hunspell
from newsletter_mailer.check.evidence.spam import SPAM
from newsletter_mailer.check.evidence.spamassassin import asking
from newsletter_mailer.check.evidence.spamassassin.asking import parse_reports
from newsletter_mailer.check.evidence.spamassassin.score import SpamHit, SpamScore
from newsletter_mailer.findings import Finding, Severity
from tests.check.gathered import gathered
from tests.conftest import REPOSITORY

HERE = Path(__file__).parent
ISSUE = "2030-01"
AT = datetime(2030, 1, 15, 9, tzinfo=UTC)
PITCH = """\
---
kind: text
title: ACT NOW
regions: [dudley]
---

100% GUARANTEED! Dear friend, act now! Claim your prize of a million dollars: it is 100% guaranteed,
and 100% free. Cheap viagra, too. [Click here](http://203.0.113.4/prize) to claim it.
"""
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="a script stands for the program")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    shutil.copytree(HERE / "base", made)
    shutil.copytree(REPOSITORY / "templates", made / "templates")
    return made


@pytest.fixture(autouse=True)
def spelling_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunspell, "spelling", lambda *about: None)


@pytest.fixture
def needs_spamassassin() -> None:
    if shutil.which("spamassassin") is None:
        missing = "There is no SpamAssassin here (Debian: apt install spamassassin)."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


def asked(
    root: Path, path: str | None = None, issue: str = ISSUE, at: datetime = AT
) -> tuple[list[Finding], list[str]]:
    """What `check --spam` finds by SpamAssassin, and what it tells a person besides."""
    environment = {"PATH": os.environ["PATH"] if path is None else path, "SMTP_PASSWORD": "secret"}
    notes: list[str] = []
    found = check(open_project(root, environment), issue, at, ["--spam"], notes.append)
    wrong = [one for one in found.findings if one.rule in ("spam-score", "internal-error")]
    return wrong, notes


def given(root: Path, *scores: SpamScore) -> list[Finding]:
    """What is found if SpamAssassin says this of the first variants."""
    circumstances = Circumstances(
        at=AT,
        gather=lambda context: {
            SPAM.name: gathered(
                {
                    compiled.variant.id: score
                    for compiled, score in zip(context.compiled, scores, strict=False)
                }
            )
        },
    )
    with prepare(open_project(root, {}), ISSUE, circumstances=circumstances) as prepared:
        return [one for one in prepared.findings if one.rule == "spam-score"]


def score(**points: float) -> SpamScore:
    return SpamScore(hits=[SpamHit(rule=rule, points=cost) for rule, cost in points.items()])


def test_a_report_is_read() -> None:
    first, second = parse_reports((HERE / "spamassassin.txt").read_text("utf-8"), "MARK")

    by_rule = {hit.rule: hit for hit in first.hits}
    assert len(by_rule) == 15
    assert by_rule["GUARANTEED_100_PERCENT"].points == 2.699
    assert by_rule["GUARANTEED_100_PERCENT"].about == "One hundred percent guaranteed"
    assert (
        by_rule["HTML_FONT_LOW_CONTRAST"].about
        == "HTML font color similar or identical to background"
    )
    assert by_rule["ADVANCE_FEE_2_NEW_MONEY"].about == "Advance Fee fraud and lots of money"
    assert all(hit.about for hit in first.hits)
    assert first.points == 9.7
    assert [hit.rule for hit in first.costly][:3] == [
        "GUARANTEED_100_PERCENT",
        "DRUGS_ERECTILE",
        "HTML_IMAGE_ONLY_04",
    ]
    assert second.points == 0
    assert not second.costly


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        ("HTML_IMAGE_ONLY_24", True),
        ("SUBJ_ALL_CAPS", True),
        ("MPART_ALT_DIFF", True),
        ("T_REMOTE_IMAGE", True),
        ("ARCHAIC_WORDS", True),
        ("NO_RECEIVED", False),
        ("NO_RELAYS", False),
        ("ALL_TRUSTED", False),
        ("RCVD_IN_DNSWL_NONE", False),
        ("T_SPF_PERMERROR", False),
        ("DKIM_INVALID", False),
        ("HELO_DYNAMIC_DHCP", False),
        ("DATE_IN_PAST_96_XX", False),
        ("BAYES_99", False),
        ("USER_IN_WELCOMELIST", False),
    ],
)
def test_what_depends_on_delivery_does_not_count(rule: str, *, counts: bool) -> None:
    assert score(**{rule: 7}).points == (7 if counts else 0)
    assert SpamHit(rule=rule, points=7).counts == counts


@pytest.mark.parametrize(
    ("points", "severity"),
    [(2.9, None), (3.0, Severity.WARNING), (4.94, Severity.WARNING), (5.0, Severity.ERROR)],
)
def test_the_more_points_the_worse(root: Path, points: float, severity: Severity | None) -> None:
    found = given(root, score(BANG_GUAR=points, DKIM_INVALID=9))

    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_the_worst_version_and_what_costs_most_are_named(root: Path) -> None:
    dear = score(BANG_GUAR=1.0, HTML_IMAGE_ONLY_24=2.8, HTML_MESSAGE=0.001, MIXED_ES=-0.2)

    (found,) = given(root, score(BANG_GUAR=3.2), dear)

    assert "3.6 points: 2.8 for HTML_IMAGE_ONLY_24; 1.0 for BANG_GUAR. 1 more" in found.message
    assert (found.source.file, found.source.line) == (f"issues/{ISSUE}/issue.toml", 1)


def test_what_is_about_the_subject_is_told_there(root: Path) -> None:
    settings = (root / f"issues/{ISSUE}/issue.toml").read_text("utf-8").splitlines(keepends=True)
    (root / f"issues/{ISSUE}/issue.toml").write_text("".join(settings[1:] + settings[:1]), "utf-8")

    (found,) = given(root, score(SUBJ_ALL_CAPS=3.1))

    assert (found.source.line, found.source.column) == (4, 12)


def test_without_spamassassin_a_person_is_told(root: Path, tmp_path: Path) -> None:
    found, notes = asked(root, path=str(tmp_path))

    assert found == []
    (note,) = notes
    assert note.startswith("The spam score was not checked: SpamAssassin is not installed")


def stand_in(folder: Path, script: str) -> str:
    """A program of that name. Returns the path to find it by."""
    program = folder / "spamassassin"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    return str(folder)


@posix_only
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'config: no rules were found!' >&2; exit 2", "(2) and said: config: no rules"),
        ("exit 1", "failed (1) and said: nothing"),
        ("echo hello", "answered for 0 of"),
        ("exec /bin/sleep 20", "took more than"),
    ],
)
def test_a_spamassassin_that_fails_is_no_finding(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.setattr(asking, "_PATIENCE", 0.5)
    monkeypatch.setattr(asking, "_PATIENCE_EACH", 0.0)

    found, notes = asked(root, path=stand_in(tmp_path, script))

    assert found == []
    assert len(notes) == 1
    assert said in notes[0]


@posix_only
def test_spamassassin_gets_no_secrets_and_no_home(root: Path, tmp_path: Path) -> None:
    path = stand_in(tmp_path, f"/usr/bin/env > {tmp_path}/env.txt; pwd >> {tmp_path}/env.txt")

    asked(root, path=path)

    seen = (tmp_path / "env.txt").read_text("utf-8").splitlines()
    assert "SMTP_PASSWORD=secret" not in seen
    (home,) = (line.removeprefix("HOME=") for line in seen if line.startswith("HOME="))
    assert home == seen[-1]
    assert not Path(home).exists()


@pytest.mark.usefixtures("needs_spamassassin")
def test_the_real_issue_is_no_spam() -> None:
    found, notes = asked(REPOSITORY, issue="2025-08", at=datetime(2025, 8, 29, 9, tzinfo=UTC))

    assert found == []
    assert len(notes) == 1
    assert notes[0].endswith("Gmail and Microsoft 365 do not.")


@pytest.mark.usefixtures("needs_spamassassin")
def test_the_version_that_looks_like_spam_is_named(root: Path) -> None:
    (root / f"issues/{ISSUE}/40-prize.md").write_text(PITCH, "utf-8")

    (found,), _ = asked(root)

    assert found.severity is Severity.ERROR
    assert "GUARANTEED_100_PERCENT (One hundred percent guaranteed)" in found.message
    versions = {"20-directors.40-prize", "full", "40-prize"}
    assert any(f"the version {version} " in found.message for version in versions), found.message
