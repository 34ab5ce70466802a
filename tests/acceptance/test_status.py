"""status: what became of an issue, for a person, a program and a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.scene import COMMAND, Newsletter, environment, newsletter
from tests.smtp_server import Behaviour, Inbox, smtp_server

SEND = ("send", "--issue", "2030-01", "--yes")
STATUS = ("status", "--issue", "2030-01")
READERS = """\
email,first_name,last_name,region,role
ann@dudley.example.org,Ann,Example,dudley,director
ben@walsall.example.org,Ben,O'Neill,walsall,
cat@dudley.example.org,Cat,Sample,dudley,
+dan@dudley.example.org,Dan,Sample,dudley,
eve@walsall.example.org,Eve,Sample,walsall,
"""


def answer_at_dot(to: str) -> str | None:
    name = to.partition("@")[0]
    return {
        "ben": f"550 5.1.1 <{to}>: User unknown",
        "cat": "451 4.7.1 =Greylisted, try again in 287 seconds",
        "eve": "accept and drop",
    }.get(name)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    """Ann and Dan have it; Ben was refused, Cat put off, Eve's answer was lost."""
    news = newsletter(tmp_path_factory.mktemp("mixed") / "news")
    news.write("recipients/readers.csv", READERS)
    news.write("recipients/partners.csv", "email,first_name\n")
    with smtp_server(Behaviour(at_dot=answer_at_dot)) as inbox:
        words = (*SEND, "--connections", "1", "--messages-per-connection", "1")
        done = news.run(*words, env=inbox.environment())
    assert done.code == 3, done.err
    return news


def test_a_program_gets_states_by_domain_variant_reason_and_run(mixed: Newsletter) -> None:
    found = mixed.run(*STATUS, "--json").json

    assert found["counts"] == {"sent": 2, "deferred": 1, "refused": 1, "unknown": 1}
    assert found["domains"] == {
        "dudley.example.org": {"sent": 2, "deferred": 1},
        "walsall.example.org": {"refused": 1, "unknown": 1},
    }
    assert found["variants"] == {
        "20-dudley": {"sent": 1, "deferred": 1},
        "everyone": {"refused": 1, "unknown": 1},
        "full": {"sent": 1},
    }
    assert found["addresses"] == []
    (run,) = found["runs"]
    assert (run["planned"], run["skipped"]) == (5, {})
    assert run["filters"] == {"lists": [], "regions": [], "roles": []}
    assert run["counts"] == found["counts"]
    assert run["who"]
    assert run["host"]
    assert len(run["content_hash"]) == 64


def test_reasons_are_the_servers_words_and_name_nobody(mixed: Newsletter) -> None:
    reasons = mixed.run(*STATUS, "--json").json["reasons"]
    found = {one["state"]: (one["code"], one["enhanced"], one["text"]) for one in reasons}

    assert found["refused"] == (550, "5.1.1", "User unknown")
    assert found["deferred"] == (451, "4.7.1", "=Greylisted, try again in … seconds")
    assert found["unknown"][0] is None
    assert "after the final dot" in found["unknown"][2]


def test_a_person_reads_how_many_why_where_and_what_to_do(mixed: Newsletter) -> None:
    out = mixed.run(*STATUS).out

    assert out.startswith("2030-01: 2 sent, 1 deferred, 1 refused, 1 unknown\n")
    assert "  deferred  1  451 4.7.1  =Greylisted, try again in … seconds" in out
    assert "  walsall.example.org     -         -        1        1" in out
    assert "newsletter-mailer send --issue 2030-01" in out
    assert "newsletter-mailer resolve --issue 2030-01 --unknown resend" in out
    assert "@" not in out, "readers are named only when asked for"


def test_readers_are_named_when_asked_for(mixed: Newsletter) -> None:
    everyone = mixed.run(*STATUS, "--addresses", "--json").json["addresses"]
    refused = mixed.run(*STATUS, "--state", "refused", "--json").json["addresses"]

    assert [row["address"][:3] for row in everyone] == ["+da", "ann", "ben", "cat", "eve"]
    assert refused == [
        {
            "address": "ben@walsall.example.org",
            "state": "refused",
            "reply": "550 <ben@walsall.example.org>: User unknown",
        }
    ]
    assert "ben@walsall.example.org" in mixed.run(*STATUS, "--addresses").out


def test_a_state_that_nobody_is_in_is_told(mixed: Newsletter) -> None:
    assert mixed.run(*STATUS, "--state", "queued").out.endswith("\n\nNobody is queued.\n")
    assert "Nobody is" not in mixed.run(*STATUS, "--state", "refused").out


def test_a_spreadsheet_gets_every_reader_and_runs_nothing(mixed: Newsletter) -> None:
    done = mixed.run(*STATUS, "--csv", "readers.csv")
    content = (mixed.root / "readers.csv").read_bytes()

    assert done.code == 0, done.err
    assert "5 readers are in readers.csv" in done.err
    assert content.startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8"
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["address"][:4] for row in rows] == ["'+da", "ann@", "ben@", "cat@", "eve@"]
    assert {row["state"] for row in rows} == {"sent", "deferred", "refused", "unknown"}
    (cat,) = (row for row in rows if row["address"].startswith("cat"))
    assert cat["reply"] == "'=Greylisted, try again in 287 seconds"
    assert (cat["code"], cat["enhanced"], cat["variant"]) == ("451", "4.7.1", "20-dudley")
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@")]


def test_a_spreadsheet_of_one_state_goes_to_standard_output(mixed: Newsletter) -> None:
    done = mixed.run(*STATUS, "--csv", "-", "--state", "refused")

    assert [line.split(",")[0] for line in done.out.splitlines()] == [
        "address",
        "ben@walsall.example.org",
    ]


@pytest.mark.parametrize("file", ["nowhere/readers.csv", "issues"])
def test_a_spreadsheet_that_cannot_be_written_is_told(mixed: Newsletter, file: str) -> None:
    done = mixed.run(*STATUS, "--csv", file)

    assert done.code == 1
    assert f"{file} cannot be written" in done.err


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_at_a_terminal_no_line_is_longer_than_it(mixed: Newsletter, columns: int) -> None:
    out = in_terminal(mixed, columns, *STATUS)

    assert "Greylisted" in out
    assert max(len(line) for line in out.splitlines()[2:-5]) <= columns


def in_terminal(news: Newsletter, columns: int, *words: str) -> str:
    """What is shown at a terminal of so many columns, without colours."""
    import pty

    main, other = pty.openpty()
    more = {"TERM": "xterm", "COLUMNS": str(columns), "NO_COLOR": "1"}
    process = subprocess.Popen(
        [COMMAND, *words], cwd=news.root, env=environment(more), stdout=other, stdin=other
    )
    os.close(other)
    octets = b""
    try:
        while more_octets := os.read(main, 4096):
            octets += more_octets
    except OSError:  # Linux: the other side is closed
        pass
    os.close(main)
    assert process.wait(timeout=60) == 0
    return octets.decode().replace("\r\n", "\n")


def test_an_issue_that_was_not_sent_says_so(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    done = news.run(*STATUS, "--json")

    assert done.json["counts"] == {}
    assert done.json["reasons"] == []
    assert "was not sent yet" in news.run(*STATUS).out
    assert news.run(*STATUS, "--csv", "-").out.splitlines() == [
        "address,state,code,enhanced,reply,variant,attempts,at"
    ]


def test_the_page_of_an_issue_can_be_made_at_any_time(mixed: Newsletter) -> None:
    done = mixed.run(*STATUS, "--report", "page.html")

    assert done.code == 0, done.err
    assert "2 of 5 readers have it" in mixed.read("page.html")


def test_what_is_held_about_a_person_tells_when(mixed: Newsletter) -> None:
    held = mixed.run("subscribers", "show", "ann@dudley.example.org", "--json").json

    assert held["issues"][0]["at"].startswith("20")
    assert held["settled"] == []


def test_a_rehearsal_has_a_status_of_its_own(tmp_path: Path, inbox: Inbox) -> None:
    news = newsletter(tmp_path / "news")
    news.run("send", "--issue", "2030-01", "--sandbox")
    out = news.run(*STATUS, "--sandbox").out

    assert out.startswith("2030-01 (rehearsal): 4 sent\n")
    assert "resolve" not in out
