"""Whoever was refused, or missed it, can be mailed when a person says so; what was, is kept."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from tests.acceptance.scene import EVERYONE, HELLO, Newsletter, newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server
from tests.terminal import Terminal

ISSUE = ("--issue", "2030-01")
SEND = ("send", *ISSUE, "--yes", "--json")
STATUS = ("status", *ISSUE, "--json", "--addresses")
RETRY = ("resolve", *ISSUE, "--refused", "retry")
HELLO_FILE = "issues/2030-01/10-hello.md"
ANN, BEN, CAT, DAN = EVERYONE


def states(news: Newsletter) -> dict[str, str]:
    return {row["address"]: row["state"] for row in news.run(*STATUS).json["addresses"]}


def rows(news: Newsletter) -> dict[str, tuple[str, str]]:
    found = news.run(*STATUS).json["addresses"]
    return {row["address"]: (row["state"], row["reply"]) for row in found}


@pytest.fixture
def refused(tmp_path: Path) -> Newsletter:
    """Ann has it; Ben has left, Cat's and Dan's mailboxes were closed then."""
    news = newsletter(tmp_path / "news")
    answers = {
        BEN: "550 5.1.1 No such user",
        CAT: "550 5.2.1 Mailbox disabled (100% closed)",
        DAN: "550 5.2.1 mailbox DISABLED for now",
    }
    with smtp_server(Behaviour(at_rcpt=answers.get)) as inbox:
        assert news.run(*SEND, env=inbox.environment()).json["refused"] == 3
    return news


@pytest.mark.parametrize(
    ("options", "again"),
    [
        ((), [BEN, CAT, DAN]),
        (("--address", BEN.upper()), [BEN]),
        (("--address", BEN, "--address", DAN), [BEN, DAN]),
        (("--domain", "@Example.ORG"), [BEN, CAT, DAN]),
        (("--reply", "disabled"), [CAT, DAN]),
        (("--reply", "550 5.1.1"), [BEN]),
        (("--reply", "5.2.1*now"), [DAN]),
        (("--reply", "(100% closed)"), [CAT]),
        (("--reply", "disabled", "--address", CAT, "--address", BEN), [CAT]),
    ],
    ids=str,
)
def test_whom_a_server_refused_is_mailed_when_a_person_says_so(
    refused: Newsletter, inbox: Inbox, options: tuple[str, ...], again: list[str]
) -> None:
    done = refused.run(*RETRY, *options, "--json")

    assert done.code == 0, done.err
    assert done.json == {"issue": "2030-01", "how": "retry", "settled": len(again), "suppressed": 0}
    sent = refused.run(*SEND, env=inbox.environment())
    assert sent.json["sent"] == len(again)
    assert sorted(inbox.recipients()) == again
    assert refused.run(*SEND, env=inbox.environment()).json["sent"] == 0


def test_what_the_server_said_is_kept_with_who_decided(refused: Newsletter) -> None:
    refused.run(*RETRY, "--reply", "no such user")

    (settled,) = refused.run(*STATUS).json["resolutions"]
    assert (settled["how"], settled["who"]) == ("retry", getpass.getuser())
    assert settled["addresses"] == [BEN]
    before = settled["before"][BEN]
    assert (before["state"], before["reply"]) == ("refused", "550 No such user")
    assert before["at"]
    assert "1 reader refused, to be tried again (" in refused.run("status", *ISSUE).out
    held = refused.run("subscribers", "show", BEN, "--json").json["settled"]
    assert [(one["how"], one["before"]["reply"]) for one in held] == [("retry", "550 No such user")]
    assert "it was refused 550 No such user" in refused.run("subscribers", "show", BEN).out
    assert "before" not in refused.run("status", *ISSUE, "--json").json["resolutions"][0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--address", ANN), f"{ANN} is sent, not refused"),
        (("--address", "bem@example.org"), f'Did you mean "{BEN}"?'),
        (("--address", "eve@nowhere.example"), "was never planned for 2030-01"),
        (("--address", "ben\u2019s@example.org"), "Did you mean ben's@example.org?"),
        (("--domain", "exmple.org"), 'Did you mean "example.org"?'),
        (("--reply", "quota"), 'no refusal says "quota". They say: 550 5.'),
        (("--reply", "no such user", "--address", CAT), "Nobody who was refused matches all"),
    ],
    ids=str,
)
def test_a_slip_changes_nothing(refused: Newsletter, options: tuple[str, ...], says: str) -> None:
    before = rows(refused)
    done = refused.run(*RETRY, *options)

    assert done.code == 1
    assert says in done.err
    assert rows(refused) == before


@pytest.mark.parametrize(
    "words",
    [
        (*RETRY, "--unknown", "resend"),
        ("resolve", *ISSUE, "--unknown", "resend", "--domain", "example.org"),
        ("resolve", *ISSUE, "--evidence", "mail.log", "--reply", "x"),
        ("resolve", *ISSUE, "--domain", "example.org"),
        (*RETRY, "--reply", ""),
        ("send", *ISSUE, "--again", ANN, "--region", "dudley"),
        ("send", *ISSUE, "--again", ANN, "--sandbox"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_told(
    refused: Newsletter, words: tuple[str, ...]
) -> None:
    assert refused.run(*words).code == 2


def test_who_must_not_be_mailed_stays_refused(refused: Newsletter, inbox: Inbox) -> None:
    refused.run("subscribers", "suppress", CAT, "--reason", "manual")
    done = refused.run(*RETRY, "--reply", "disabled", "--json")

    assert (done.json["settled"], done.json["suppressed"]) == (1, 1)
    assert refused.run(*SEND, env=inbox.environment()).json["sent"] == 1
    assert inbox.recipients() == [DAN]
    assert states(refused)[CAT] == "refused"


def test_where_nobody_was_refused_that_is_said(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    news.run(*SEND, env=inbox.environment())
    done = news.run(*RETRY)

    assert done.code == 0
    assert "No message of 2030-01 was refused; nothing was changed." in done.err


@pytest.fixture(params=["lists", "no lists"])
def sent(tmp_path: Path, inbox: Inbox, request: pytest.FixtureRequest) -> Newsletter:
    """Everyone has it; the lists are here, or are not any more."""
    news = newsletter(tmp_path / "news")
    assert news.run(*SEND, env=inbox.environment()).json["sent"] == 4
    if request.param == "no lists":
        for name in ("readers", "partners"):
            (news.root / f"recipients/{name}.csv").unlink()
    return news


def test_who_missed_it_gets_the_same_message_once_more_and_nobody_else_does(
    sent: Newsletter, inbox: Inbox
) -> None:
    first = {one.recipient: one.content for one in inbox.received}
    before = rows(sent)
    done = sent.run(*SEND, "--again", BEN.upper(), "--again", f" {BEN} ", env=inbox.environment())

    assert done.code == 0, done.err
    report = done.json
    assert (report["planned"], report["sent"], report["already_sent"]) == (1, 1, 0)
    assert inbox.recipients()[4:] == [BEN]
    assert inbox.received[4].content == first[BEN], "Message-ID and Date too"
    (record,) = sent.run(*STATUS).json["resolutions"]
    assert (record["how"], record["addresses"]) == ("again", [BEN])
    assert (record["before"][BEN]["state"], record["before"][BEN]["reply"]) == before[BEN]
    assert rows(sent) == before
    assert "1 reader who had it, mailed once more (" in sent.run("status", *ISSUE).out
    assert BEN not in sent.run("status", *ISSUE, "--json").out
    if (sent.root / "recipients/readers.csv").exists():
        assert sent.run(*SEND, env=inbox.environment()).json["sent"] == 0
    assert len(inbox.received) == 5


def test_what_would_be_mailed_again_is_rehearsed_and_writes_nothing(
    sent: Newsletter, inbox: Inbox
) -> None:
    before = sent.snapshot()
    done = sent.run("send", *ISSUE, "--again", BEN, "--dry-run", "--json")

    assert (done.code, done.json["planned"], done.json["remaining"]) == (0, 1, 1)
    assert sent.snapshot() == before
    asked = sent.run("send", *ISSUE, "--again", BEN, env=inbox.environment())
    assert asked.code == 1
    assert f"This would mail {BEN} a second time. Add --yes" in asked.err
    assert sent.snapshot() == before
    assert len(inbox.received) == 4


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.parametrize(("answer", "code", "mailed"), [("y\n", 0, [BEN]), ("n\n", 1, [])])
def test_at_a_terminal_it_asks_naming_the_address(
    sent: Newsletter, inbox: Inbox, answer: str, code: int, mailed: list[str]
) -> None:
    terminal = Terminal(sent, inbox, "send", *ISSUE, "--again", BEN)
    terminal.read_until("Mail it now? [y/N]:")
    assert f"gets it once more: {BEN}." in terminal.screen
    terminal.type(answer)

    assert terminal.end() == code
    assert inbox.recipients()[4:] == mailed


@pytest.fixture
def mixed(tmp_path: Path) -> Newsletter:
    """Ann has it, Ben was refused, Cat put off, Dan's answer was lost."""
    news = newsletter(tmp_path / "news")
    answers = {BEN: "550 5.1.1 No such user", CAT: "451 4.7.1 Later"}
    lost = Behaviour(
        at_rcpt=answers.get, at_dot=lambda to: "accept and drop" if to == DAN else None
    )
    with smtp_server(lost) as inbox:
        news.run(*SEND, "--connections", "1", env=inbox.environment())
    assert states(news) == {ANN: "sent", BEN: "refused", CAT: "deferred", DAN: "unknown"}
    return news


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (BEN, f"resolve {ISSUE[0]} {ISSUE[1]} --refused retry --address {BEN}"),
        (CAT, f"{CAT} is still owed it: newsletter-mailer send --issue 2030-01 mails it."),
        (DAN, f"resolve {ISSUE[0]} {ISSUE[1]} --unknown resend --address {DAN}"),
        ("eve@example.org", "was never planned for 2030-01. If it stands in a list"),
        ("ann\u2019s@example.org", "Did you mean ann's@example.org?"),
    ],
)
def test_whoever_cannot_be_mailed_again_is_told_what_to_do(
    mixed: Newsletter, inbox: Inbox, address: str, says: str
) -> None:
    before = rows(mixed)
    done = mixed.run(*SEND, "--again", ANN, "--again", address, env=inbox.environment())

    assert done.code == 1
    assert says in done.err
    assert inbox.connections == 0
    assert rows(mixed) == before


def test_who_must_not_be_mailed_gets_it_once_only(mixed: Newsletter, inbox: Inbox) -> None:
    mixed.run("subscribers", "suppress", ANN, "--reason", "unsubscribed")
    done = mixed.run(*SEND, "--again", ANN, env=inbox.environment())

    assert done.code == 1
    assert f"{ANN} must not be mailed (unsubscribed). Nothing was sent." in done.err
    assert inbox.connections == 0


def test_an_issue_that_nobody_has_goes_to_nobody_again(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    done = news.run(*SEND, "--again", ANN, env=inbox.environment())

    assert done.code == 1
    assert "nobody has 2030-01 yet" in done.err
    assert inbox.connections == 0
    assert not (news.root / ".newsletter").exists()


@pytest.mark.parametrize(
    ("answer", "state", "mailed_later"),
    [("451 4.2.2 Mailbox full", "deferred", True), ("550 5.1.1 User unknown", "refused", False)],
)
def test_a_second_hand_over_that_fails_is_ended_once_and_the_first_is_remembered(
    sent: Newsletter, inbox: Inbox, answer: str, state: str, mailed_later: bool
) -> None:
    """Put off, it is still owed what a person asked for: one more, and no other."""
    with smtp_server(Behaviour(at_rcpt=lambda to: answer)) as server:
        done = sent.run(*SEND, "--again", BEN, env=server.environment())
    assert (done.code, done.json[state]) == (1, 1)
    assert states(sent)[BEN] == state
    (record,) = sent.run(*STATUS).json["resolutions"]
    assert (record["before"][BEN]["state"], record["before"][BEN]["reply"]) == ("sent", "250 OK")
    for _ in range(2):
        sent.run(*SEND, env=inbox.environment())

    assert inbox.recipients()[4:] == [BEN] * mailed_later


def test_a_lost_answer_to_the_second_is_settled_like_any_other(
    sent: Newsletter, inbox: Inbox
) -> None:
    with smtp_server(Behaviour(at_dot=lambda to: "accept and drop")) as server:
        done = sent.run(*SEND, "--again", BEN, env=server.environment())
    assert (done.code, done.json["unknown"]) == (3, 1)
    sent.run(*SEND, env=inbox.environment())

    assert len(inbox.received) == 4
    refused = sent.run(*SEND, "--again", BEN, env=inbox.environment())
    assert "the answer was lost" in refused.err


def changed(news: Newsletter) -> None:
    news.write(HELLO_FILE, HELLO.replace("this is for", "this was meant for"))


def test_a_changed_issue_is_not_mailed_as_if_it_were_the_same(
    sent: Newsletter, inbox: Inbox
) -> None:
    has_lists = (sent.root / "recipients/readers.csv").exists()
    changed(sent)
    done = sent.run(*SEND, "--again", BEN, env=inbox.environment())

    assert done.code == 1
    says = "Bring back what it was, or add --accept-changes" if has_lists else "needs the lists"
    assert says in done.err
    accepted = sent.run(*SEND, "--again", BEN, "--accept-changes", env=inbox.environment())
    assert accepted.code == (0 if has_lists else 1), accepted.err
    assert inbox.recipients()[4:] == [BEN] * has_lists
    assert not has_lists or b"was meant for" in inbox.received[4].content


def test_a_changed_issue_goes_again_only_to_who_is_still_in_a_list(
    tmp_path: Path, inbox: Inbox
) -> None:
    news = newsletter(tmp_path / "news")
    news.run(*SEND, env=inbox.environment())
    changed(news)
    news.write("recipients/readers.csv", "email,first_name\nann@example.org,Ann\n")
    done = news.run(*SEND, "--again", BEN, "--accept-changes", env=inbox.environment())

    assert done.code == 1
    assert f"{BEN} stands in no list any more" in done.err
    assert len(inbox.received) == 4


def test_one_who_has_left_the_lists_still_gets_it_again_if_asked_for(
    tmp_path: Path, inbox: Inbox
) -> None:
    """And being mailed again makes nobody a reader."""
    news = newsletter(tmp_path / "news")
    news.run(*SEND, env=inbox.environment())
    news.write("recipients/readers.csv", "email,first_name\nann@example.org,Ann\n")
    news.run(*SEND, env=inbox.environment())
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        assert news.run(*SEND, "--again", BEN, env=later.environment()).json["deferred"] == 1
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()
    news.run(*SEND, env=inbox.environment())

    assert len(inbox.received) == 4
