"""Who objects while an issue is being sent is not mailed, from that moment on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, addresses, plain_newsletter, planted, run
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, smtp_server

READERS = addresses(60)
SEND = ("send", "--issue", "2030-01", "--yes", "--json", "--connections", "1")


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return plain_newsletter(tmp_path / "news", readers=len(READERS))


class Pause:
    """A server that answers no RCPT after the first one before it may go on."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.first = ""

    def at_rcpt(self, address: str) -> None:
        if not self.reached.is_set():
            self.first = address
            self.reached.set()
            assert self.go_on.wait(60)


@contextmanager
def paused(news: Newsletter, *options: str) -> Iterator[tuple[Pause, Inbox, list[Result]]]:
    """All are claimed and one is on its way; afterwards it goes on, and the result is there."""
    pause = Pause()
    results: list[Result] = []
    with smtp_server(Behaviour(at_rcpt=pause.at_rcpt)) as inbox:
        process = news.begin(*SEND, *options, env=inbox.environment())
        try:
            assert pause.reached.wait(60)
            yield pause, inbox, results
        finally:
            pause.go_on.set()
            out, err = process.communicate(timeout=60)
            results.append(Result(process.returncode, out, err))


def suppress(news: Newsletter, address: str) -> Result:
    return news.run("subscribers", "suppress", address, "--reason", "unsubscribed")


def test_nobody_is_mailed_who_objected_after_the_batch_was_claimed(news: Newsletter) -> None:
    with paused(news) as (pause, inbox, results):
        late = [one for one in READERS if one != pause.first][::7]
        said = [suppress(news, one) for one in late]

    (done,) = results
    assert sorted(inbox.recipients()) == sorted({*READERS} - {*late})
    assert done.code == 0, done.err
    report = done.json
    assert report["skipped"] == {"unsubscribed": len(late)}
    assert (report["planned"], report["remaining"]) == (len(READERS) - len(late), 0)
    assert report["sent"] == len(READERS) - len(late)
    assert all("is not mailed any more" in one.err for one in said)
    (run,) = news.run("status", "--issue", "2030-01", "--json").json["runs"]
    assert (run["planned"], run["skipped"]) == (report["planned"], report["skipped"])
    assert run["counts"] == {"sent": report["sent"]}


def test_a_message_that_is_on_its_way_is_told_of(news: Newsletter) -> None:
    with paused(news) as (pause, inbox, _):
        said = suppress(news, pause.first)

    assert "A send of 2030-01 has it in hand at this moment" in said.err
    assert "nothing calls it back" in said.err
    assert inbox.recipients()[0] == pause.first
    after = suppress(news, READERS[-1])
    assert after.err == f"{READERS[-1]} is not mailed any more (unsubscribed).\n"


def test_who_was_put_off_and_objected_is_not_tried_again(news: Newsletter) -> None:
    late = READERS[5]
    with smtp_server(Behaviour(at_rcpt=lambda to: "451 4.7.1 Later" if to == late else None)) as s:
        assert news.run(*SEND, env=s.environment()).json["deferred"] == 1
    news.write(
        "recipients/readers.csv", news.read("recipients/readers.csv") + "zed@example.org,,\n"
    )
    with paused(news, "--retry-for", "0") as (pause, inbox, results):
        suppress(news, late if pause.first != late else "zed@example.org")

    (done,) = results
    assert (done.code, done.json["skipped"]) == (0, {"unsubscribed": 1})
    assert len(inbox.recipients()) == 1
    assert done.json["deferred"] == done.json["remaining"] == 0


def test_who_may_be_mailed_again_after_all_is_mailed_by_the_next_run(
    news: Newsletter, inbox: Inbox
) -> None:
    with paused(news) as (pause, first, _):
        late = next(one for one in READERS if one != pause.first)
        suppress(news, late)
    news.run("subscribers", "unsuppress", late)
    done = news.run(*SEND, env=inbox.environment())

    assert (done.code, done.json["sent"], done.json["skipped"]) == (0, 1, {})
    assert inbox.recipients() == [late]
    assert late not in first.recipients()


@pytest.mark.parametrize("asked", [("--yes",), ("--again", READERS[0], "--yes"), ("--dry-run",)])
@pytest.mark.parametrize("meanwhile", ["suppress", "send"])
def test_what_others_do_while_an_issue_is_prepared_makes_no_older_copy_of_the_ledger(
    news: Newsletter, meanwhile: str, asked: tuple[str, ...]
) -> None:
    doing = {
        "suppress": ("subscribers", "suppress", READERS[1], "--reason", "manual"),
        "send": ("send", "--issue", "2030-02", "--yes"),
    }[meanwhile]
    news.write("issues/2030-02/issue.toml", news.read("issues/2030-01/issue.toml"))
    news.write("issues/2030-02/10-hello.md", news.read("issues/2030-01/10-hello.md"))
    everyone = news.read("recipients/readers.csv")
    news.write("recipients/readers.csv", f"email\n{READERS[0]}\n")
    with smtp_server() as inbox:
        for issue in ("2030-01", "2030-02"):
            assert news.run("send", "--issue", issue, "--yes", env=inbox.environment()).code == 0
        news.write("recipients/readers.csv", everyone)
        done = run(
            *("send", "--issue", "2030-01", *asked),
            cwd=news.root,
            env=inbox.environment(),
            command=planted("work_meanwhile", json.dumps(doing)),
        )

    assert done.code == 0, done.err
    assert "ledger restore" not in done.err
