"""Whoever is not mailed can be named, with the reason: before a send, after it, and by program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.scene import ISSUE, Newsletter, newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server

SEND = ("send", "--issue", "2030-01", "--yes")
DRY = ("send", "--issue", "2030-01", "--dry-run")
STATUS = ("status", "--issue", "2030-01", "--skipped")
SUPPRESSED = {
    "una@example.org": "unsubscribed",
    "bo@example.org": "bounced",
    "col@example.org": "complained",
    "max@example.org": "manual",
}
NO_ADDRESS = "recipients/readers.csv:6"
NOTHING = "wim@example.org"
ZOE = "zoë@example.org"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    """Ann is mailed; everybody else is not, each for another reason."""
    news = newsletter(tmp_path / "news")
    (news.root / "issues/2030-01/10-hello.md").unlink()
    news.write("issues/2030-01/issue.toml", ISSUE.replace(', "partners"', ""))
    settings = news.read("newsletter.toml")
    news.write("newsletter.toml", f'{settings}\n[check]\nbad-address = "warning"\n')
    rows = ["ann@example.org,dudley; walsall", *(f"{address},dudley" for address in SUPPRESSED)]
    rows.insert(4, "no address,dudley")
    news.write(
        "recipients/readers.csv",
        "\n".join(["email,region", *rows, f"{NOTHING},walsall", f"{ZOE},dudley", ""]),
    )
    for address, reason in SUPPRESSED.items():
        news.run("subscribers", "suppress", address, "--reason", reason)
    return news


EXPECTED = {**SUPPRESSED, NO_ADDRESS: "bad-address", NOTHING: "empty-issue"}


def test_a_dry_run_names_who_would_be_skipped(news: Newsletter) -> None:
    before = news.snapshot()
    told = news.run(*DRY, "--skipped", "--json")
    shown = news.run(*DRY, "--skipped")

    assert told.code == 0, told.err
    named = {one["address"]: one["reason"] for one in told.json["skipped_readers"]}
    assert named == EXPECTED
    assert dict(line.split()[::-1] for line in shown.out.splitlines()) == EXPECTED
    without = news.run(*DRY, "--json")
    assert "skipped_readers" not in without.json
    assert "run it with --skipped" in without.err
    assert news.snapshot() == before


def test_after_a_send_the_ledger_names_them(news: Newsletter) -> None:
    with smtp_server(Behaviour(smtputf8=False)) as inbox:
        done = news.run(*SEND, "--json", env=inbox.environment())
    expected = {**EXPECTED, ZOE: "needs-smtputf8"}

    assert done.code == 0, done.err
    assert inbox.recipients() == ["ann@example.org"]
    assert sum(done.json["skipped"].values()) == len(expected)
    assert "newsletter-mailer status --issue 2030-01 --skipped" in done.err
    told = news.run(*STATUS, "--json").json["skipped_readers"]
    assert {one["address"]: one["reason"] for one in told} == expected
    assert {one["run"] for one in told} == {1}
    shown = news.run(*STATUS).out
    assert all(f"{reason:14}  {address}" in shown for address, reason in expected.items())
    plain = news.run("status", "--issue", "2030-01")
    assert "newsletter-mailer status --issue 2030-01 --skipped" in plain.out
    assert "una@" not in plain.out + plain.err
    held = news.run("subscribers", "show", ZOE, "--json").json
    assert held["skipped"] == [{"issue": "2030-01", "reason": "needs-smtputf8"}]
    assert "skipped (needs-smtputf8)" in news.run("subscribers", "show", ZOE).out


def test_whoever_is_mailed_after_all_is_not_named_any_more(news: Newsletter, inbox: Inbox) -> None:
    with smtp_server(Behaviour(smtputf8=False)) as first:
        news.run(*SEND, env=first.environment())
    news.run("subscribers", "unsuppress", "max@example.org")
    news.run(*SEND, env=inbox.environment())

    assert sorted(inbox.recipients()) == ["max@example.org", ZOE]
    told = news.run(*STATUS, "--json").json["skipped_readers"]
    expected = {address: why for address, why in EXPECTED.items() if address != "max@example.org"}
    assert {one["address"]: one["reason"] for one in told} == expected


def test_a_run_for_some_names_its_own_and_forgets_no_other(news: Newsletter, inbox: Inbox) -> None:
    for region in ("dudley", "walsall"):
        news.run(*SEND, "--region", region, env=inbox.environment())

    told = news.run(*STATUS, "--json").json["skipped_readers"]
    assert {one["address"]: one["reason"] for one in told} == EXPECTED


def test_a_run_without_the_lists_names_whom_the_ledger_knows(
    news: Newsletter, inbox: Inbox
) -> None:
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        news.run(*SEND, env=later.environment())
    (news.root / "recipients/readers.csv").unlink()
    news.run("subscribers", "suppress", ZOE, "--reason", "manual")
    dry = news.run(*DRY, "--skipped", "--json")
    done = news.run(*SEND, "--json", env=inbox.environment())

    assert dry.json["skipped_readers"] == [{"address": ZOE, "reason": "manual"}]
    assert done.json["skipped"] == {"manual": 1}
    told = news.run(*STATUS, "--json").json["skipped_readers"]
    assert {one["address"]: one["run"] for one in told}[ZOE] == 2


def test_one_who_objected_in_the_middle_of_a_run_is_named_too(news: Newsletter) -> None:
    def objects(address: str) -> None:
        if ZOE not in news.run("subscribers", "show").out:
            news.run("subscribers", "suppress", ZOE, "--reason", "unsubscribed")

    news.write("recipients/readers.csv", f"email,region\nann@example.org,dudley\n{ZOE},dudley\n")
    with smtp_server(Behaviour(at_rcpt=objects)) as inbox:
        news.begin(*SEND, "--connections", "1", env=inbox.environment()).communicate(timeout=60)

    assert inbox.recipients() == ["ann@example.org"]
    told = news.run(*STATUS, "--json").json["skipped_readers"]
    assert told[-1] == {"address": ZOE, "reason": "unsubscribed", "run": 1}


def test_where_nobody_was_skipped_that_is_said(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    assert "Nobody was skipped." in news.run(*STATUS).out
    news.run(*SEND, env=inbox.environment())
    done = news.run(*STATUS)

    assert "Nobody was skipped." in done.out
    assert news.run(*STATUS, "--json").json["skipped_readers"] == []
    assert news.run(*SEND, "--skipped").code == 2
