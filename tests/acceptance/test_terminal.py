"""What strangers write reaches a terminal or a log as words, never as orders to the terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter_mailer.characters.terminal import escaped, legible
from tests.acceptance.scene import Newsletter, addresses, newsletter, plain_newsletter, planted, run
from tests.check.web_server import web_server
from tests.conftest import Result
from tests.smtp_server import Behaviour, Inbox, smtp_server

TITLE = "\x1b]0;pwned\x07"  #: gives the window another title
SHOWN = "<U+001B>]0;pwned<U+0007>"
#: That, in eight bits; one that turns words round; one that deletes.
ORDERS = f"{TITLE}\x9b2J\u202e\x7f"
_ORDER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def orders_in(*texts: str) -> list[str]:
    return [found for text in texts for found in _ORDER.findall(text)]


def assert_harmless(done: Result) -> None:
    assert orders_in(done.out, done.err) == []


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def test_where_a_web_server_says_that_a_page_has_gone(news: Newsletter) -> None:
    with web_server() as site:
        address = f"http://www.town.gov.uk:{site.port}/to/301/gopher:~~{TITLE}".replace(
            "\x1b", "%1B"
        ).replace("\x07", "%07")
        news.write("issues/2030-01/10-hello.md", f"---\nkind: text\n---\n[Read on]({address})\n")
        command = planted("own_web", str(site.port))
        done = run("check", "--issue", "2030-01", "--links", cwd=news.root, command=command)

    assert f"it is redirected to gopher://{SHOWN}" in done.err
    assert_harmless(done)


def test_the_ledger_that_sent_toml_names(news: Newsletter, inbox: Inbox) -> None:
    send = ("send", "--issue", "2030-01", "--yes")
    assert news.run(*send, env=inbox.environment()).code == 0
    sent, id_ = news.read("issues/2030-01/sent.toml"), json.dumps(f"{ORDERS}abc")
    news.write(
        "issues/2030-01/sent.toml", re.sub('ledger = ".*"', lambda _: f"ledger = {id_}", sent)
    )

    done = news.command(*send, env=inbox.environment())

    assert done.code == 1
    assert SHOWN in done.err
    assert_harmless(done)


def test_the_moments_of_a_mail_log(tmp_path: Path) -> None:
    news = plain_newsletter(tmp_path / "news", readers=2)
    send = ("send", "--issue", "2030-01", "--yes", "--connections", "1")
    with smtp_server(Behaviour(at_dot=lambda to: "accept and drop")) as lost:
        news.run(*send, env=lost.environment())
    message = lost.received[0].message["Message-ID"]
    head = f"Aug 29 09:00:01{TITLE} mail postfix"
    lines = [
        f"{head}/cleanup[2]: 4XyZ12abcz: message-id={message}",
        f"{head}/qmgr[3]: 4XyZ12abcz: from=<n@example.org>, size=9, nrcpt=1 (queue active)",
    ]
    news.write("mail.log", "\n".join([*lines, ""]))

    settled = news.command("resolve", "--issue", "2030-01", "--evidence", "mail.log")
    status = news.run("status", "--issue", "2030-01", "--addresses")

    assert_harmless(settled)
    assert_harmless(status)
    assert "pwned" not in status.out, "no such moment is written by Postfix"


@pytest.fixture
def hostile(news: Newsletter) -> Newsletter:
    """Orders in everything that a stranger may have written."""
    quoted = json.dumps(ORDERS)
    news.write(f"issues/2030-01/40-{TITLE}.md", f"---\nkind: text\ntitle: {quoted}\n---\nHello\n")
    news.write("issues/2030-01/issue.toml", f"subject = {quoted}\ndate = 2030-01-15\nlists = ['a']")
    news.write("newsletter.toml", news.read("newsletter.toml") + f"[check]\n{quoted} = {quoted}\n")
    news.write("recipients/a.csv", f"email,first_name,{ORDERS}\na@example.org,{ORDERS},{ORDERS}\n")
    news.write(".env", f"SMTP_X{TITLE}=1\n")
    return news


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--issue", "2030-01"),
        ("check", "--issue", "2030-01", "--format", "json"),
        ("check", "--issue", "2030-01", "--format", "sarif"),
        ("check", "--issue", "2030-01", "--format", "junit"),
        ("check", "--issue", "2030-01", "--format", "github"),
        ("check", "--issue", "2030-01", "--matrix"),
        ("send", "--issue", "2030-01", "--dry-run"),
        ("send", "--issue", "2030-01", "--sandbox"),
        ("build", "--issue", "2030-01"),
        ("approve", "--issue", "2030-01", "--by", ORDERS),
        ("new", "--issue", TITLE),
        ("status", "--issue", TITLE),
        ("preview", "--issue", TITLE, "--no-open"),
        ("subscribers", "show", f"a{TITLE}@example.org"),
        ("subscribers", "suppress", f"a{TITLE}@example.org", "--reason", "manual"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1"}], ids=["plain", "coloured"])
def test_orders_in_files_and_their_names(
    words: tuple[str, ...], env: dict[str, str], hostile: Newsletter
) -> None:
    with_mistake = hostile.run(*words, env=env)
    (hostile.root / ".env").unlink()
    settings = hostile.read("newsletter.toml")
    with_settings = hostile.run(*words, env=env)
    hostile.write("newsletter.toml", settings[: settings.index("[check]")])
    with_files = hostile.run(*words, env=env)

    for done in (with_mistake, with_settings, with_files):
        of_ours = re.compile("\x1b\\[([0124]|3[0-7])m")
        assert orders_in(of_ours.sub("", done.out), of_ours.sub("", done.err)) == []


def test_what_a_mail_server_says(tmp_path: Path) -> None:
    """On the screen, in the log, in the ledger's tables."""
    news = plain_newsletter(tmp_path / "news", readers=2)
    reply = f"550 5.1.1 {ORDERS} nobody"
    first, _ = addresses(2)
    with smtp_server(Behaviour(at_rcpt=lambda to: reply if to == first else None)) as refusing:
        words = ("send", "--issue", "2030-01", "--yes", "--log-json", "run.log")
        sent = news.run(*words, "--log-level", "debug", env=refusing.environment())
    status = ("status", "--issue", "2030-01")
    asked = [news.run(*status, *more) for more in ((), ("--addresses",), ("--csv", "-"))]

    assert sent.code == 3
    for done in (sent, *asked):
        assert_harmless(done)
    assert orders_in(news.read("run.log")) == []


def test_the_bar_of_a_terminal(tmp_path: Path) -> None:
    """While it moves, notes stand above it."""
    code = (
        "from newsletter_mailer.cli.results.send_progress import TerminalWatcher\n"
        "from unittest.mock import patch\n"
        "import sys\n"
        "with patch.object(sys.stderr, 'isatty', lambda: True):\n"
        "    watcher = TerminalWatcher(assume_yes=True)\n"
        "    watcher.began(3)\n"
        f"    watcher.note({ORDERS!r})\n"
        "    watcher.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert SHOWN in done.stderr
    assert "\x1b]" not in done.stderr


def test_what_other_people_s_modules_log() -> None:
    code = (
        "import logging, sys\n"
        "from newsletter_mailer.cli import main\n"
        "sys.argv = ['newsletter-mailer', '--version']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"logging.getLogger('uvicorn.error').error({ORDERS!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert SHOWN in done.stderr
    assert orders_in(done.stderr) == []


def test_json_says_the_same_without_orders() -> None:
    value = {"a\x7f": [ORDERS, "\u200d\U0001f600", "line\nline\ttab"], "b": 1}
    text = json.dumps(value, indent=2, ensure_ascii=False)

    assert json.loads(escaped(text)) == value
    assert orders_in(escaped(text)) == []
    assert "\U0001f600" in escaped(text)


@pytest.mark.parametrize("show", [legible, escaped])
def test_no_control_character_is_left(show: Callable[[str], str]) -> None:
    everything = "".join(map(chr, range(0x3000)))

    assert orders_in(show(everything)) == []
    assert "\n" in show(everything)
