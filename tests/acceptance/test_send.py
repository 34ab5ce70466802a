"""Who is mailed, what they see, and what is remembered."""

from __future__ import annotations

import re
import threading
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # JSON

import pytest

from tests.acceptance.scene import (
    EVERYONE,
    HELLO,
    SETTINGS,
    Newsletter,
    newsletter,
    plain_newsletter,
)
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, Received, smtp_server
from tests.waiting import wait_until

COUNTS = ("sent", "already_sent", "deferred", "refused", "unknown", "remaining")
SEND = ("send", "--issue", "2030-01", "--yes", "--json")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


@pytest.fixture
def two(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "two", readers=2)


def counts(report: dict[str, Any]) -> dict[str, int]:
    """The states that anybody is in. They add up, whatever happened."""
    assert report["planned"] == sum(report[name] for name in COUNTS)
    return {name: report[name] for name in COUNTS if report[name]}


def by_recipient(inbox: Inbox) -> dict[str, Received]:
    found = {one.recipient: one for one in inbox.received}
    assert len(found) == len(inbox.received), "somebody got it twice"
    return found


def sees(mail: Received) -> set[str]:
    """The sections of a mail, the same in text and HTML."""
    parts = [mail.message.get_body((kind,)) for kind in ("plain", "html")]
    found = [
        {name for name in ("everyone", "Dudley", "directors") if _says(part, name)}
        for part in parts
    ]
    assert found[0] == found[1]
    return found[0]


def _says(part: Any, name: str) -> bool:
    return f"is for {name}" in re.sub(r"</?em[^>]*>|\*|_", "", part.get_content())


@dataclass(frozen=True)
class Month:
    """An issue that was sent to Dudley, then to everyone, then once more."""

    news: Newsletter
    inbox: Inbox
    before: dict[str, bytes]
    dry: Result
    dudley: Result
    everyone: Result
    again: Result
    after_dudley: list[str]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    news = newsletter(tmp_path_factory.mktemp("month") / "news")
    before = news.snapshot()
    dry = news.run("send", "--issue", "2030-01", "--dry-run", "--json")
    assert news.snapshot() == before, "a dry run wrote something"
    with smtp_server() as inbox:
        here = inbox.environment()
        dudley = news.run(*SEND, "--region", "dudley", env=here)
        after_dudley = sorted(inbox.recipients())
        began = datetime.now(UTC).replace(microsecond=0)
        wait_until(lambda: datetime.now(UTC).replace(microsecond=0) > began)  # a Date has seconds
        everyone = news.run(*SEND, env=here)
        again = news.run(*SEND, env=here)
    return Month(news, inbox, before, dry, dudley, everyone, again, after_dudley)


def test_a_dry_run_needs_no_server_and_says_who_would_be_mailed(month: Month) -> None:
    assert month.dry.code == 0, month.dry.err
    assert counts(month.dry.json) == {"remaining": 4}
    assert month.dry.json == {
        "issue": "2030-01",
        "planned": 4,
        "sent": 0,
        "already_sent": 0,
        "deferred": 0,
        "refused": 0,
        "unknown": 0,
        "remaining": 4,
        "skipped": {},
        "variants": 4,
    }


def test_a_filter_narrows_who_is_mailed(month: Month) -> None:
    assert month.dudley.code == 0, month.dudley.err
    assert month.after_dudley == ["ann@example.org", "cat@example.org"]
    assert counts(month.dudley.json) == {"sent": 2}


def test_a_filter_never_changes_what_a_reader_sees(month: Month) -> None:
    seen = {address: sees(mail) for address, mail in by_recipient(month.inbox).items()}

    assert seen == {
        "ann@example.org": {"everyone", "Dudley", "directors"},
        "cat@example.org": {"everyone", "Dudley"},
        "ben@example.org": {"everyone"},
        "dan@example.org": {"everyone", "directors"},
    }


def test_the_next_run_mails_the_others_and_counts_who_has_it(month: Month) -> None:
    assert month.everyone.code == 0, month.everyone.err
    assert counts(month.everyone.json) == {"sent": 2, "already_sent": 2}


def test_running_once_more_mails_nobody(month: Month) -> None:
    assert month.again.code == 0, month.again.err
    assert counts(month.again.json) == {"already_sent": 4}
    assert sorted(month.inbox.recipients()) == EVERYONE


def test_each_mail_goes_to_one_reader_by_name(month: Month) -> None:
    mail = by_recipient(month.inbox)["ben@example.org"].message

    assert mail.get_all("To") == ["Ben O'Neill <ben@example.org>"]
    assert mail["Cc"] is None
    assert mail["Bcc"] is None
    assert mail["Subject"] == "News for Ben"
    assert mail["From"] == "Test News <news@example.org>"
    assert mail["Reply-To"] == "team@example.org"
    assert by_recipient(month.inbox)["dan@example.org"].message["Subject"] == "News for you"


def test_every_mail_has_the_date_of_the_first_run(month: Month) -> None:
    assert len({mail.message["Date"] for mail in month.inbox.received}) == 1


def test_progress_goes_to_standard_error_and_only_json_to_standard_output(month: Month) -> None:
    assert month.everyone.out.startswith("{")
    assert month.everyone.out.endswith("}\n")
    assert "Subject  News for Sam" in month.everyone.err
    assert "2030-01: 4 readers: 2 sent, 2 already sent." in month.everyone.err


def test_only_the_first_real_send_writes_sent_toml(month: Month) -> None:
    written = {
        path: content for path, content in month.news.snapshot().items() if path not in month.before
    }
    assert set(written) - {"issues/2030-01/sent.toml"} <= {
        ".newsletter/ledger.db",
        ".newsletter/ledger.db-wal",
        ".newsletter/ledger.db-shm",
        ".newsletter/ledger.db.generation",
    }
    assert b"Commit it" in written["issues/2030-01/sent.toml"]


def test_sent_toml_keeps_how_many_people_each_list_had_whoever_was_mailed_first(
    month: Month,
) -> None:
    assert tomllib.loads(month.news.read("issues/2030-01/sent.toml"))["lists"] == {
        "readers": 3,
        "partners": 2,
    }


def test_status_tells_the_counts_the_runs_and_the_readers(month: Month) -> None:
    status = month.news.run("status", "--issue", "2030-01", "--addresses", "--json")

    assert status.code == 0, status.err
    found = status.json
    assert set(found) >= {"issue", "counts", "runs", "addresses"}
    assert found["counts"] == {"sent": 4}
    assert [run["planned"] for run in found["runs"]] == [2, 4, 4]
    assert [row["address"] for row in found["addresses"]] == EVERYONE
    assert {row["state"] for row in found["addresses"]} == {"sent"}
    assert found["addresses"][0]["reply"].startswith("250")


def test_status_for_a_person(month: Month) -> None:
    status = month.news.run("status", "--issue", "2030-01", "--state", "sent")

    assert "2030-01: 4 sent" in status.out
    assert "dudley" in status.out, "the run that was narrowed says so"
    assert "ann@example.org" in status.out


def test_a_clone_without_the_ledger_does_not_mail_everyone_again(
    month: Month, tmp_path: Path
) -> None:
    clone = newsletter(tmp_path / "clone")
    clone.write("issues/2030-01/sent.toml", month.news.read("issues/2030-01/sent.toml"))

    with smtp_server() as inbox:
        done = clone.run(*SEND, env=inbox.environment())
    dry = clone.run("send", "--issue", "2030-01", "--dry-run")

    assert done.code == 1
    assert "another ledger" in done.err
    assert inbox.received == []
    assert dry.code == 0, "a machine that tests every change has no ledger"
    assert "sent elsewhere" in dry.err


# (options, who is mailed)
NARROWED = [
    (("--list", "partners"), ["ann@example.org", "dan@example.org"]),
    (("--role", "director"), ["ann@example.org", "dan@example.org"]),
    (("--region", "walsall", "--region", "dudley"), EVERYONE),
    (("--region", "walsall", "--role", "director"), ["ann@example.org", "dan@example.org"]),
    (("--list", "readers", "--region", "walsall"), ["ann@example.org", "ben@example.org"]),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    """A newsletter that nobody sends for real."""
    return newsletter(tmp_path_factory.mktemp("shared") / "news")


@pytest.mark.parametrize(("options", "mailed"), NARROWED)
def test_options_mean_or_within_and_and_between(
    shared: Newsletter, options: tuple[str, ...], mailed: list[str]
) -> None:
    done = shared.run("send", "--issue", "2030-01", "--dry-run", "--json", *options)

    assert done.code == 0, done.err
    assert done.json["planned"] == len(mailed)


def test_one_who_is_told_to_come_back_is_tried_by_the_next_run(two: Newsletter) -> None:
    greylisting = Behaviour(
        at_rcpt=lambda to: "451 4.7.1 Greylisted" if to.startswith("reader02") else None
    )
    with smtp_server(greylisting) as strict:
        first = two.run(*SEND, env=strict.environment())
    assert first.code == 3
    assert counts(first.json) == {"sent": 1, "deferred": 1}

    with smtp_server() as inbox:
        queued = two.run(*SEND, "--only", "queued", env=inbox.environment())
        assert queued.code == 1
        assert counts(queued.json) == {"already_sent": 1, "deferred": 1}
        assert "Run the same command again without --only to mail those" in queued.err
        assert inbox.received == []

        deferred = two.run(*SEND, "--only", "deferred", env=inbox.environment())
    assert deferred.code == 0, deferred.err
    assert counts(deferred.json) == {"sent": 1, "already_sent": 1}
    assert inbox.recipients() == ["reader02@example.org"]
    assert _id_of(two, "reader02@example.org", inbox)


def _id_of(news: Newsletter, address: str, inbox: Inbox) -> str:
    found: str = by_recipient(inbox)[address].message["Message-ID"]
    return found


def test_one_who_is_refused_is_never_tried_again(two: Newsletter) -> None:
    refusing = Behaviour(
        at_rcpt=lambda to: "550 5.1.1 No such user" if to.startswith("reader02") else None
    )
    with smtp_server(refusing) as strict:
        first = two.run(*SEND, env=strict.environment())
    assert first.code == 3
    assert counts(first.json) == {"sent": 1, "refused": 1}
    assert "status --issue 2030-01 --addresses --state refused" in first.err

    with smtp_server() as inbox:
        second = two.run(*SEND, env=inbox.environment())
    assert inbox.received == []
    assert counts(second.json) == {"already_sent": 1, "refused": 1}

    why = two.run("status", "--issue", "2030-01", "--addresses", "--state", "refused", "--json")
    (refused,) = why.json["addresses"]
    assert refused["address"] == "reader02@example.org"
    assert "No such user" in refused["reply"]


def test_a_message_has_the_same_id_and_date_whenever_it_is_tried(two: Newsletter) -> None:
    tried: list[bytes] = []
    full = Behaviour(at_dot=lambda to: "452 4.3.1 Full")
    with smtp_server(full) as strict:
        first = two.run(*SEND, env=strict.environment())
        assert first.code == 1
        assert counts(first.json) == {"deferred": 2}
        strict.behaviour.at_dot = lambda to: "accept and drop"
        second = two.run(*SEND, "--connections", "1", env=strict.environment())
        tried = [one.content for one in strict.received]
        assert second.code == 3
        assert counts(second.json) == {"unknown": 2}
        assert "resolve --issue 2030-01 --unknown" in second.err

        strict.behaviour.at_dot = lambda to: None
        third = two.run(*SEND, env=strict.environment())
        assert len(strict.received) == 2, "what may have been taken is not sent again by itself"
        assert counts(third.json) == {"unknown": 2}

        resolved = two.run("resolve", "--issue", "2030-01", "--unknown", "resend")
        assert resolved.code == 0
        assert "2 readers will be mailed again" in resolved.err
        fourth = two.run(*SEND, env=strict.environment())
        assert fourth.code == 0, fourth.err
    assert sorted(one.content for one in strict.received[2:]) == sorted(tried)


def test_what_is_taken_as_sent_is_not_sent_again(two: Newsletter) -> None:
    dropping = Behaviour(at_dot=lambda to: "accept and drop")
    with smtp_server(dropping) as inbox:
        two.run(*SEND, "--connections", "1", env=inbox.environment())
        resolved = two.run("resolve", "--issue", "2030-01", "--unknown", "assume-sent")
        assert "2 readers taken as sent" in resolved.err
        again = two.run(*SEND, env=inbox.environment())
    assert again.code == 0
    assert counts(again.json) == {"already_sent": 2}
    assert len(inbox.received) == 2


def test_who_must_not_be_mailed_is_skipped_and_counted(news: Newsletter, inbox: Inbox) -> None:
    suppress = news.run("subscribers", "suppress", "ANN@Example.org", "--reason", "unsubscribed")
    assert suppress.code == 0, suppress.err
    assert news.run("subscribers", "suppress", "ben@example.org", "--reason", "bounced").code == 0

    rehearsal = news.run("send", "--issue", "2030-01", "--sandbox", "--json")
    assert rehearsal.json["skipped"] == {"unsubscribed": 1, "bounced": 1}

    done = news.run(*SEND, env=inbox.environment())
    assert done.code == 0, done.err
    assert done.json["skipped"] == {"unsubscribed": 1, "bounced": 1}
    assert counts(done.json) == {"sent": 2}
    assert sorted(inbox.recipients()) == ["cat@example.org", "dan@example.org"]
    assert "Skipped: 1 reader (unsubscribed)" in done.err

    everyone = news.run("subscribers", "show", "--json")
    assert [(row["address"], row["reason"]) for row in everyone.json["suppressed"]] == [
        ("ann@example.org", "unsubscribed"),
        ("ben@example.org", "bounced"),
    ]
    assert news.run("subscribers", "unsuppress", "ann@example.org").code == 0
    assert counts(news.run(*SEND, env=inbox.environment()).json) == {"sent": 1, "already_sent": 2}
    held = news.run("subscribers", "show", "ann@example.org", "--json").json
    assert held["suppressed"] is None
    assert [(row["issue"], row["state"]) for row in held["issues"]] == [("2030-01", "sent")]


def test_an_address_that_the_server_cannot_spell_is_skipped_with_that_reason(
    two: Newsletter,
) -> None:
    two.write(
        "recipients/readers.csv", "email,first_name\njosé@example.org,José\nann@example.org,Ann\n"
    )
    with smtp_server(Behaviour(smtputf8=False)) as inbox:
        done = two.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert done.json["skipped"] == {"needs-smtputf8": 1}
    assert counts(done.json) == {"sent": 1}
    assert inbox.recipients() == ["ann@example.org"]


def test_a_bad_address_stops_everything_unless_it_is_a_warning(
    two: Newsletter, inbox: Inbox
) -> None:
    two.write(
        "recipients/readers.csv", "email,first_name\nann@example.org,Ann\nben.example.org,Ben\n"
    )
    stopped = two.run(*SEND, env=inbox.environment())
    assert stopped.code == 1
    assert stopped.names("recipients/readers.csv:3: error"), stopped.err
    assert inbox.received == []

    two.write("newsletter.toml", SETTINGS + '\n[check]\nbad-address = "warning"\n')
    done = two.run(*SEND, env=inbox.environment())
    assert done.code == 0, done.err
    assert done.names("recipients/readers.csv:3: warning"), done.err
    assert done.json["skipped"] == {"bad-address": 1}
    assert inbox.recipients() == ["ann@example.org"]


def test_one_for_whom_the_issue_has_nothing_gets_no_empty_mail(news: Newsletter) -> None:
    (news.root / "issues/2030-01/10-hello.md").unlink()

    done = news.run("send", "--issue", "2030-01", "--sandbox", "--json")

    assert done.code == 0, done.err
    assert done.json["skipped"] == {"empty-issue": 1}
    assert len(news.outbox()) == 3


def test_nobody_to_mail_is_an_error(news: Newsletter) -> None:
    for address in EVERYONE:
        news.run("subscribers", "suppress", address, "--reason", "unsubscribed")

    done = news.run("send", "--issue", "2030-01", "--yes", env={"SMTP_HOST": "127.0.0.1"})

    assert done.code == 1
    assert "Nobody is left to mail" in done.err


def test_lists_without_anybody_are_named(news: Newsletter) -> None:
    for name in ("readers", "partners"):
        news.write(f"recipients/{name}.csv", "email,first_name\n")

    done = news.run("send", "--issue", "2030-01", "--sandbox")

    assert done.code == 1
    assert done.names("recipients/readers.csv:1: error"), done.err
    assert done.names("recipients/partners.csv:1: error"), done.err
    assert news.outbox() == []


def test_a_list_that_is_not_here_stops_send_but_not_check(news: Newsletter) -> None:
    (news.root / "recipients/partners.csv").unlink()

    check = news.run("check", "--issue", "2030-01", "--format", "json")
    dry = news.run("send", "--issue", "2030-01", "--dry-run", "--json")
    real = news.run("send", "--issue", "2030-01", "--sandbox")

    (notice,) = [one for one in check.json["findings"] if one["rule"] == "absent-list"]
    assert (check.code, notice["severity"], notice["file"]) == (
        0,
        "info",
        "issues/2030-01/issue.toml",
    )
    assert "recipients/partners.csv" in notice["message"]
    assert dry.code == 0, dry.err
    assert dry.json["variants"] == 4, "every declared region and role, and the full issue"
    assert "recipients/partners.csv" in dry.err
    assert real.code == 1
    assert real.names("issues/2030-01/issue.toml:4: error"), real.err
    assert news.outbox() == []


def test_no_server_and_no_sandbox_names_both(shared: Newsletter) -> None:
    done = shared.run(*SEND)

    assert done.code == 1
    assert done.out == ""
    assert "SMTP_HOST" in done.err
    assert "--sandbox" in done.err


def test_without_a_terminal_somebody_must_say_yes(news: Newsletter, inbox: Inbox) -> None:
    done = news.run("send", "--issue", "2030-01", env=inbox.environment())

    assert done.code == 1
    assert "--yes" in done.err
    assert inbox.received == []
    assert not (news.root / ".newsletter").exists()


def test_the_sandbox_mails_nobody_and_never_touches_the_real_ledger(
    news: Newsletter, inbox: Inbox
) -> None:
    before = news.snapshot()
    done = news.run("send", "--issue", "2030-01", "--sandbox", "--json", env=inbox.environment())

    assert done.code == 0, done.err
    assert counts(done.json) == {"sent": 4}
    assert inbox.connections == 0, "it wins over SMTP_HOST"
    written = news.snapshot().keys() - before.keys()
    assert {path.split("/")[0] for path in written} == {"outbox"}
    mail = news.outbox()[0].read_text("ascii")
    assert mail.startswith("Return-Path: <news@example.org>\nDelivered-To: ")

    rehearsal = news.run("status", "--issue", "2030-01", "--sandbox", "--json")
    assert rehearsal.json["counts"] == {"sent": 4}
    real = news.run("status", "--issue", "2030-01", "--json")
    assert (real.json["counts"], real.json["runs"], real.json["addresses"]) == ({}, [], [])


def test_a_changed_issue_stops_and_says_what_changed(two: Newsletter) -> None:
    deferring = Behaviour(
        at_rcpt=lambda to: "451 4.2.1 Later" if to.startswith("reader02") else None
    )
    with smtp_server(deferring) as inbox:
        two.run(*SEND, env=inbox.environment())
    two.write("issues/2030-01/10-hello.md", HELLO.replace("everyone", "everybody"))

    with smtp_server() as inbox:
        stopped = two.run(*SEND, env=inbox.environment())
        assert stopped.code == 1
        assert "10-hello.md" in stopped.err
        assert "--accept-changes" in stopped.err
        assert inbox.received == []

        done = two.run(*SEND, "--accept-changes", env=inbox.environment())
    assert done.code == 0, done.err
    assert inbox.recipients() == ["reader02@example.org"]
    assert "everybody" in str(inbox.received[0].message.get_body(("plain",)))


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # this server asks for a login without TLS
def test_settings_come_from_dotenv_and_the_environment_wins(two: Newsletter) -> None:
    users = {"news": "pa$$word ${HOME} #1"}
    with smtp_server(Behaviour(users=users)) as written, smtp_server() as exported:
        settings = {
            **written.environment(),
            "SMTP_USERNAME": "news",
            "SMTP_PASSWORD": f"'{users['news']}'",
            "BOUNCE_ADDRESS": "bounces@example.org",
        }
        two.write(".env", "".join(f"{name}={value}\n" for name, value in settings.items()))
        first = two.run(*SEND, "--connections", "1")
        assert first.code == 0, first.err
        assert len(written.received) == 2
        assert {mail.reverse_path for mail in written.received} == {"bounces@example.org"}

        (two.root / "issues/2030-01/sent.toml").unlink()
        elsewhere = {**exported.environment(SMTP_USERNAME=""), "LEDGER_URL": "sqlite:///other.db"}
        second = two.run(*SEND, env=elsewhere)
        assert second.code == 0, second.err
        assert len(exported.received) == 2
    assert (two.root / "other.db").is_file()


def test_a_test_mails_one_of_each_variant_to_one_address_only(
    news: Newsletter, inbox: Inbox
) -> None:
    before = news.snapshot()
    test = news.run(
        "send", "--issue", "2030-01", "--test", "me@example.org", "--json", env=inbox.environment()
    )

    assert test.code == 0, test.err
    assert test.json["sent"] == 4
    assert inbox.recipients() == ["me@example.org"] * 4
    assert news.snapshot() == before, "no ledger, no trace"
    mails = [one.message for one in inbox.received]
    assert {mail["Subject"] for mail in mails} == {"[TEST] News for Sam"}
    assert len({mail["Message-ID"] for mail in mails}) == 4
    assert all(mail["List-Unsubscribe"] is None for mail in mails)
    assert all("mailto:" not in str(mail.get_body(("html",))) for mail in mails)
    assert {frozenset(sees(one)) for one in inbox.received} == {
        frozenset({"everyone"}),
        frozenset({"everyone", "Dudley"}),
        frozenset({"everyone", "directors"}),
        frozenset({"everyone", "Dudley", "directors"}),
    }


def test_a_test_can_show_what_one_reader_gets(shared: Newsletter, inbox: Inbox) -> None:
    words = ("send", "--issue", "2030-01", "--test", "me@example.org", "--as", "cat@example.org")
    test = shared.run(*words, env=inbox.environment())

    assert test.code == 0, test.err
    (mail,) = inbox.received
    assert mail.recipient == "me@example.org"
    assert sees(mail) == {"everyone", "Dudley"}
    assert mail.message["Subject"] == "[TEST] News for Cat"

    stranger = shared.run(*words[:-1], "eve@example.org", env=inbox.environment())
    assert stranger.code == 1
    assert "eve@example.org" in stranger.err


def test_a_rate_spreads_the_messages(two: Newsletter, inbox: Inbox) -> None:
    rows = [f"reader{number}@example.org," for number in range(4)]
    two.write("recipients/readers.csv", "\n".join(["email,first_name", *rows, ""]))
    done = two.run(*SEND, "--rate", "2/s", "--connections", "2", env=inbox.environment())

    assert done.code == 0, done.err
    (run,) = two.run("status", "--issue", "2030-01", "--json").json["runs"]
    assert _seconds(run) >= 1.5, "three gaps of half a second"


def test_deferred_ones_are_tried_again_within_the_time_given(two: Newsletter) -> None:
    seen: set[str] = set()

    def greylist(to: str) -> str | None:
        if to in seen:
            return None
        seen.add(to)
        return "451 4.7.1 Greylisted"

    with smtp_server(Behaviour(at_rcpt=greylist)) as inbox:
        done = two.run(*SEND, "--retry-for", "2s", env=inbox.environment())

    assert done.code == 0, done.err
    assert counts(done.json) == {"sent": 2}
    assert "Waiting until" in done.err
    assert sorted(inbox.recipients()) == sorted(seen)


def test_a_window_that_is_open_and_a_moment_that_is_past_delay_nothing(
    two: Newsletter, inbox: Inbox
) -> None:
    done = two.run(*SEND, "--between", "00:00-23:59", "--at", "2020-01-01", env=inbox.environment())

    assert done.code == 0, done.err
    assert len(inbox.received) == 2


def _seconds(run: dict[str, str]) -> float:
    return (
        datetime.fromisoformat(run["ended"]) - datetime.fromisoformat(run["began"])
    ).total_seconds()


def test_another_sender_at_work_is_left_alone(two: Newsletter) -> None:
    may_answer, is_asked = threading.Event(), threading.Event()

    def at_dot(address: str) -> None:
        is_asked.set()
        may_answer.wait(90)

    with smtp_server(Behaviour(at_dot=at_dot)) as inbox, smtp_server() as idle:
        first = two.begin(*SEND, "--connections", "1", env=inbox.environment())
        assert is_asked.wait(90)
        busy = two.run(*SEND, env=idle.environment())
        may_answer.set()
        _, err = first.communicate(timeout=90)

    assert busy.code == 1
    assert "Another send is at work" in busy.err
    assert idle.received == []
    assert first.returncode == 0, err
    assert len(by_recipient(inbox)) == 2
