"""A run that goes on needs no list: the ledger has who is owed it, and what each was to get."""

from __future__ import annotations

import email
import email.policy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.scene import EVERYONE, Newsletter, newsletter
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, smtp_server

SEND = ("send", "--issue", "2030-01", "--yes", "--json")
#: Sees sections that no single region and role would.
ZOE = "zoe@example.org,Zoe,Example,dudley; walsall,director\n"


@pytest.fixture
def begun(tmp_path: Path) -> Newsletter:
    """It was rehearsed; Ann has it, Ben, Cat and Dan were put off; then the lists are gone."""
    news = newsletter(tmp_path / "news")
    assert news.run("send", "--issue", "2030-01", "--sandbox").code == 0
    later = Behaviour(at_rcpt=lambda to: None if to.startswith("ann") else "451 4.7.1 Later")
    with smtp_server(later) as inbox:
        done = news.run(*SEND, env=inbox.environment())
    assert done.json["deferred"] == 3
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()
    return news


def test_those_still_owed_get_what_they_were_to_get(begun: Newsletter, inbox: Inbox) -> None:
    done = begun.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    report = done.json
    assert (report["planned"], report["sent"], report["already_sent"]) == (4, 3, 1)
    assert sorted(inbox.recipients()) == EVERYONE[1:]
    rehearsed = {}
    for path in begun.outbox():
        octets = path.read_bytes()
        rehearsed[octets.split(b"Delivered-To: ")[1].split(b"\r\n")[0].decode()] = octets
    for one in inbox.received:
        assert text_of(one.content) == text_of(rehearsed[one.recipient])


def text_of(octets: bytes) -> str:
    """What a reader sees."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{message['To']}\n{body.get_content()}"


def test_it_is_said_that_the_lists_are_not_here(begun: Newsletter, inbox: Inbox) -> None:
    done = begun.run(*SEND, env=inbox.environment())

    assert "The list recipients/readers.csv is not here." in done.err
    assert "The 3 readers whom the ledger still owes this issue" in done.err
    again = begun.run(*SEND, env=inbox.environment())
    assert again.code == 1, "nobody is owed it: who else may be in the lists is not known"
    assert "The list recipients/readers.csv is not here." in again.err
    assert len(inbox.received) == 3


def test_a_dry_run_tells_whom_the_ledger_still_owes(begun: Newsletter) -> None:
    before = begun.snapshot()
    done = begun.run("send", "--issue", "2030-01", "--dry-run", "--json")

    assert done.code == 0, done.err
    assert (done.json["planned"], done.json["already_sent"], done.json["deferred"]) == (4, 1, 3)
    assert begun.snapshot() == before


def test_one_absent_list_of_two_adds_nobody(begun: Newsletter, inbox: Inbox) -> None:
    begun.write("recipients/readers.csv", "email\nnew@example.org\n")
    done = begun.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == EVERYONE[1:]


def test_one_who_unsubscribed_meanwhile_is_skipped(begun: Newsletter, inbox: Inbox) -> None:
    begun.run("subscribers", "suppress", "ben@example.org", "--reason", "unsubscribed")
    done = begun.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == EVERYONE[2:]
    assert done.json["skipped"] == {"unsubscribed": 1}
    assert (done.json["planned"], done.json["sent"]) == (3, 2)


def test_a_reader_of_many_regions_gets_the_same_sections(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    news.write(
        "issues/2030-01/25-walsall.md", "---\nkind: text\ntitle: W\nregions: [walsall]\n---\nW.\n"
    )
    news.write("recipients/readers.csv", f"email,first_name,last_name,region,role\n{ZOE}")
    news.write("recipients/partners.csv", "email,first_name\n")
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        news.run(*SEND, env=later.environment())
    (news.root / "recipients/readers.csv").unlink()
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    text = text_of(inbox.received[0].content)
    assert all(word in text for word in ("everyone", "Dudley", "W.", "directors", "Zoe"))


def stopped(done: Result, inbox: Inbox, why: str) -> None:
    assert done.code == 1
    assert "The list recipients/readers.csv is not here." in done.err
    assert why in done.err
    assert inbox.connections == 0


def test_an_issue_that_changed_needs_its_lists(begun: Newsletter, inbox: Inbox) -> None:
    begun.write("issues/2030-01/10-hello.md", "---\nkind: text\ntitle: Hello\n---\nOther.\n")
    for words in ((), ("--accept-changes",)):
        done = begun.run(*SEND, *words, env=inbox.environment())
        stopped(done, inbox, "The issue has changed since its readers were planned")


def test_a_resent_reader_of_an_older_text_needs_the_lists(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    lost = Behaviour(at_dot=lambda to: "accept and drop" if to.startswith("ann") else None)
    with smtp_server(lost) as server:
        news.run(*SEND, env=server.environment())
    news.write("issues/2030-01/10-hello.md", "---\nkind: text\ntitle: Hello\n---\nOther.\n")
    news.run(*SEND, "--accept-changes", env=inbox.environment())
    news.run("resolve", "--issue", "2030-01", "--unknown", "resend")
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()

    before = inbox.connections
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 1
    assert "The issue has changed since its readers were planned" in done.err
    assert inbox.connections == before


def test_one_who_had_left_the_lists_stays_out(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    readers = (news.root / "recipients/readers.csv").read_text()
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        news.run(*SEND, env=later.environment())
        news.write(
            "recipients/readers.csv",
            "".join(row for row in readers.splitlines(keepends=True) if "ben@" not in row),
        )
        assert news.run(*SEND, env=later.environment()).json["planned"] == 3
        news.run(*SEND, "--list", "partners", env=later.environment())
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == [EVERYONE[0], *EVERYONE[2:]]
    assert (done.json["planned"], done.json["sent"]) == (3, 3)


@pytest.mark.parametrize(
    "narrowed", [("--region", "dudley"), ("--role", "director"), ("--list", "partners")]
)
def test_one_who_had_left_the_lists_by_a_run_for_some_stays_out(
    tmp_path: Path, inbox: Inbox, narrowed: tuple[str, str]
) -> None:
    """A run for some reads all lists: Ben stands in none of them. Cat does, and is still owed."""
    news = newsletter(tmp_path / "news")
    readers = (news.root / "recipients/readers.csv").read_text()
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        news.run(*SEND, env=later.environment())
        without_ben = [row for row in readers.splitlines(keepends=True) if "ben@" not in row]
        news.write("recipients/readers.csv", "".join(without_ben))
        assert news.run(*SEND, *narrowed, env=later.environment()).json["deferred"] < 3
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == [EVERYONE[0], *EVERYONE[2:]]


def test_one_who_comes_back_to_the_lists_is_a_reader_again(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    readers = (news.root / "recipients/readers.csv").read_text()
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later")) as later:
        news.run(*SEND, env=later.environment())
        news.write("recipients/readers.csv", readers.splitlines(keepends=True)[0])
        news.run(*SEND, "--list", "partners", env=later.environment())
        news.write("recipients/readers.csv", readers)
        news.run(*SEND, "--list", "partners", env=later.environment())
    for name in ("readers", "partners"):
        (news.root / f"recipients/{name}.csv").unlink()
    done = news.run(*SEND, env=inbox.environment())

    assert done.code == 0, done.err
    assert sorted(inbox.recipients()) == EVERYONE


def test_a_narrower_audience_needs_its_lists(begun: Newsletter, inbox: Inbox) -> None:
    done = begun.run(*SEND, "--region", "dudley", env=inbox.environment())

    stopped(done, inbox, "Without --list, --region and --role")


def test_a_ledger_that_does_not_know_the_variants_needs_the_lists(
    begun: Newsletter, inbox: Inbox
) -> None:
    with closing(sqlite3.connect(begun.root / ".newsletter/ledger.db")) as ledger, ledger:
        ledger.execute("DELETE FROM variant")
    stopped(begun.run(*SEND, env=inbox.environment()), inbox, "The ledger is of an older version")


def test_an_issue_that_never_went_out_needs_its_lists(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    (news.root / "recipients/readers.csv").unlink()
    stopped(news.run(*SEND, env=inbox.environment()), inbox, "")
