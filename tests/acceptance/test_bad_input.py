"""Whatever is wrong with somebody's files or server: one clear sentence, nothing sent, no trace."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.acceptance.scene import HELLO, ISSUE, READERS, SETTINGS, Newsletter, newsletter
from tests.conftest import Result, certificates
from tests.smtp_server import Behaviour, smtp_server

HELLO_FILE = "issues/2030-01/10-hello.md"
ISSUE_FILE = "issues/2030-01/issue.toml"
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"


@dataclass(frozen=True)
class Bad:
    """A fault in the files, the options of `send`, and what the person is told."""

    name: str
    says: tuple[str, ...]
    files: dict[str, str | bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    links: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    issue: str = "2030-01"


def hello(*, front: str = "", body: str = "Words.\n", kind: str = "text") -> dict[str, str | bytes]:
    """The section, with more front matter (from line 4) or another body (after it)."""
    return {HELLO_FILE: f"---\nkind: {kind}\ntitle: Hello\n{front}---\n{body}"}


def issue(**changed: str) -> dict[str, str | bytes]:
    values = {
        "subject": '"S"',
        "preheader": '"P"',
        "date": "2030-01-15",
        "lists": '["readers"]',
        **changed,
    }
    return {ISSUE_FILE: "".join(f"{key} = {value}\n" for key, value in values.items())}


def readers(*rows: str) -> dict[str, str | bytes]:
    """The list, with more rows from line 5 on."""
    return {"recipients/readers.csv": READERS + "".join(f"{row}\n" for row in rows)}


BAD = [
    Bad("a missing issue", ("2030-10", "2030-01"), issue="2030-10"),
    Bad(
        "an empty issue folder",
        ("issues/2031-01/issue.toml:1: error",),
        folders=("issues/2031-01",),
        issue="2031-01",
    ),
    Bad("an issue without sections", ("issues/2030-01", "section"), removed=("10", "20", "30")),
    Bad("an issue id that climbs", ("../2030-01",), issue="../2030-01"),
    Bad("an issue id that is a path", ("a/b",), issue="a/b"),
    Bad("no id at all", ("id of an issue",), issue=""),
    Bad(
        "broken issue.toml", (f"{ISSUE_FILE}:2: error",), {ISSUE_FILE: 'subject = "S"\nlists = [\n'}
    ),
    Bad("a date that is none", (f"{ISSUE_FILE}:3: error",), issue(date='"soon"')),
    Bad(
        "a setting of the issue misspelt",
        (f"{ISSUE_FILE}:5: error", "preheader"),
        issue(preheder='"P"'),
    ),
    Bad("no lists", (f"{ISSUE_FILE}:", "lists"), issue(lists="[]")),
    Bad("a list outside recipients", (f"{ISSUE_FILE}:4: error",), issue(lists='["../secret"]')),
    Bad(
        "broken newsletter.toml",
        ("newsletter.toml:2: error",),
        {"newsletter.toml": 'name = "N"\nfrom = \n'},
    ),
    Bad(
        "a setting misspelt",
        ("newsletter.toml:1: error", '"timezone"'),
        {"newsletter.toml": 'timezon = "Europe/London"\n' + SETTINGS},
    ),
    Bad(
        "front matter that is not closed",
        (f"{HELLO_FILE}:1: error",),
        {HELLO_FILE: "---\nkind: text\nHello\n"},
    ),
    Bad("broken front matter", (f"{HELLO_FILE}:4: error",), hello(front="regions: [dudley\n")),
    Bad("no front matter", (f"{HELLO_FILE}:1: error",), {HELLO_FILE: "Hello\n"}),
    Bad(
        "an unknown kind", (f"{HELLO_FILE}:2: error", 'Did you mean "letter"?'), hello(kind="leter")
    ),
    Bad("an unknown field", (f"{HELLO_FILE}:4: error", "titel"), hello(front="titel: Again\n")),
    Bad("a field that is missing", (f"{HELLO_FILE}:", "starts"), hello(kind="event")),
    Bad(
        "an unknown region",
        (f"{HELLO_FILE}:4: error", 'Did you mean "dudley"?'),
        hello(front="regions: [dudly]\n"),
    ),
    Bad(
        "regions on one line, one of them unknown",
        (f"{HELLO_FILE}:4: error", 'no region "dudly"', 'Did you mean "dudley"?'),
        hello(front="regions: walsall, dudly\n"),
    ),
    Bad(
        "all as a region",
        (f"{HELLO_FILE}:4: error", "Leave the line regions: out"),
        hello(front="regions: all\n"),
    ),
    Bad(
        "an event that ends before it begins",
        (f"{HELLO_FILE}:5: error", "before it begins", "Correct one of them."),
        hello(front="starts: 2030-02-01 09:30\nends: 08:00\n", kind="event"),
    ),
    Bad(
        "an event that ends the day before",
        (f"{HELLO_FILE}:5: error", "before it begins"),
        hello(front="starts: 2030-02-01 09:30\nends: 2030-01-31\n", kind="event"),
    ),
    Bad(
        "an event that ends at a time, but begins at none",
        (f"{HELLO_FILE}:5: error", "does not say when it begins"),
        hello(front="starts: 2030-02-01\nends: 10:00\n", kind="event"),
    ),
    Bad(
        "a template that is not there",
        ("newsletter.toml", "templates/regionl", 'Did you mean "regional"?'),
        {"newsletter.toml": 'template = "regionl"\n' + SETTINGS},
    ),
    Bad(
        "an SMTP setting misspelt",
        (".env, line 2", "SMTP_HSOT", 'Did you mean "SMTP_HOST"?'),
        {".env": "# mail\nSMTP_HSOT=mail.example.org\n"},
    ),
    Bad("a line of .env that is none", (".env, line 1",), {".env": "smtp host is mail\n"}),
    Bad(
        "a setting of .env that is no address",
        (".env:1: error", "REPLY_TO of .env or the environment"),
        {".env": "REPLY_TO=not an address\n"},
    ),
    Bad(
        "a name in a template that does not exist",
        ("templates/regional/sections/text.mjml:5: error", 'Did you mean "title"?'),
        {
            "templates/regional/sections/text.mjml": "---\nlabel: Text\n---\n<mj-section>"
            "<mj-column>\n<mj-text>{{ section.titel }}</mj-text></mj-column></mj-section>\n"
        },
    ),
    Bad(
        "a tag in a template that is not closed",
        ("templates/regional/sections/text.mjml:", "<p> is not closed before </mj-text>"),
        {
            "templates/regional/sections/text.mjml": "---\nlabel: Text\n---\n<mj-section>"
            "<mj-column>\n<mj-text><p>{{ section.body }}</mj-text></mj-column></mj-section>\n"
        },
    ),
    Bad(
        "an unknown role",
        (f"{HELLO_FILE}:4: error", 'Did you mean "director"?'),
        hello(front="roles: [directer]\n"),
    ),
    Bad(
        "--region of nowhere", ("--region", 'Did you mean "dudley"?'), options=("--region", "dudly")
    ),
    Bad("--role of nobody", ("--role", 'Did you mean "director"?'), options=("--role", "directer")),
    Bad("--list that is none", ("--list", 'Did you mean "readers"?'), options=("--list", "reader")),
    Bad(
        "unclosed Jinja",
        (f"{HELLO_FILE}:7: error",),
        hello(body="One.\n\nDear {{ subscriber.first_name,\n"),
    ),
    Bad(
        "a condition",
        (f"{HELLO_FILE}:5: error", "regions"),
        hello(body="{% if subscriber.region %}Hi{% endif %}\n"),
    ),
    Bad(
        "an undefined merge field",
        (f"{HELLO_FILE}:5: error", "first_name"),
        hello(body="Dear {{ subscriber.frist_name }}\n"),
    ),
    Bad(
        "a merge field without a default",
        (f"{HELLO_FILE}:5: error", "partners.csv:2"),
        hello(body="{{ subscriber.last_name }}\n"),
    ),
    Bad(
        "an undefined field of the subject",
        (f"{ISSUE_FILE}:1: error",),
        issue(subject='"{{ subscriber.nickname }}"'),
    ),
    Bad(
        "Python internals",
        (f"{HELLO_FILE}:5: error",),
        hello(body="{{ subscriber.__class__.__mro__ }}\n"),
    ),
    Bad(
        "a call",
        (f"{HELLO_FILE}:5: error",),
        hello(body="{{ cycler.__init__.__globals__.os.popen('id') }}\n"),
    ),
    Bad(
        "Python internals in the subject",
        (f"{ISSUE_FILE}:1: error",),
        issue(subject='"{{ self.__init__ }}"'),
    ),
    Bad(
        "a picture that is missing",
        (f"{HELLO_FILE}:5: error", "images/a.png"),
        hello(body="![A](images/a.png)\n"),
    ),
    Bad(
        "a picture outside the issue",
        (f"{HELLO_FILE}:5: error",),
        hello(body="![A](../../a.png)\n") | {"a.png": PICTURE},
    ),
    Bad(
        "a picture that is a link to elsewhere",
        (f"{HELLO_FILE}:5: error",),
        hello(body="![A](images/a.png)\n") | {"a.png": PICTURE},
        links={"issues/2030-01/images/a.png": "a.png"},
    ),
    Bad(
        "a picture without words",
        (f"{HELLO_FILE}:5: error", "alternative"),
        hello(body="![](images/a.png)\n") | {"issues/2030-01/images/a.png": PICTURE},
    ),
    Bad(
        "a picture that is none",
        (f"{HELLO_FILE}:5: error", "images/a.png"),
        hello(body="![A](images/a.png)\n") | {"issues/2030-01/images/a.png": "words"},
    ),
    Bad(
        "a list that is a folder",
        ("recipients/readers.csv:1: error",),
        removed=("readers",),
        folders=("recipients/readers.csv",),
    ),
    Bad(
        "a list that is binary",
        ("recipients/readers.csv:2: error",),
        {"recipients/readers.csv": bytes(range(256)) * 8},
    ),
    Bad("an empty list", ("recipients/readers.csv:1: error",), {"recipients/readers.csv": ""}),
    Bad(
        "a list without addresses",
        ("recipients/readers.csv:1: error", "email"),
        {"recipients/readers.csv": "name\nAnn\n"},
    ),
    Bad(
        "a bad address",
        ("recipients/readers.csv:5: error", "eve.example.org"),
        readers("eve.example.org,Eve,,,"),
    ),
    Bad(
        "an unknown region of a reader",
        ("recipients/readers.csv:5: error", "dudley"),
        readers("eve@example.org,Eve,,Dudly,"),
    ),
    Bad(
        "an unknown role of a reader",
        ("recipients/readers.csv:5: error", "director"),
        readers("eve@example.org,Eve,,,directer"),
    ),
    Bad(
        "a name with a line break",
        ("recipients/readers.csv:5: error",),
        readers('eve@example.org,"Eve\r\nBcc: all@example.org",,,'),
    ),
    Bad(
        "an address with a line break",
        ("recipients/readers.csv:5: error",),
        readers('"eve@example.org\nBcc: all@example.org",Eve,,,'),
    ),
    Bad(
        "a subject with a line break",
        (f"{ISSUE_FILE}:1: error",),
        issue(subject='"S\\r\\nBcc: all@example.org"'),
    ),
    Bad(
        "a sender with a line break",
        ("newsletter.toml:2: error",),
        {"newsletter.toml": SETTINGS.replace("<news@", "\\r\\nX: y <news@")},
    ),
    Bad("a section over 1 MB", (f"{HELLO_FILE}:1: error", "1 MB"), hello(body="word " * 250_000)),
    Bad(
        "quotes nested 10,000 deep",
        (f"{HELLO_FILE}:5: error", "deep"),
        hello(body=">" * 10_000 + " word\n"),
    ),
    Bad(
        "lists nested 10,000 deep", (f"{HELLO_FILE}:", "deep"), hello(body="- " * 10_000 + "word\n")
    ),
    Bad(
        "a section that is not UTF-8",
        (f"{HELLO_FILE}:6: error", "UTF-8"),
        {HELLO_FILE: HELLO.replace("this", "café").replace("\n\n", "\n").encode("cp1252")},
    ),
    Bad("a section with a NUL", (f"{HELLO_FILE}:5: error",), hello(body="wo\0rd\n")),
    Bad(
        "a template that does not exist",
        ("template",),
        {"newsletter.toml": SETTINGS.replace("name =", 'template = "nope"\nname =', 1)},
    ),
    Bad(
        "a fault in a kind's template",
        ("templates/regional/sections/text.mjml:",),
        {
            "templates/regional/sections/text.mjml": (
                "---\nlabel: Text\n---\n<mj-text>\n{{ section.titel }}\n</mj-text>\n"
            )
        },
    ),
    Bad(
        "an unclosed tag of a kind's template",
        ("templates/regional/sections/text.mjml:",),
        {"templates/regional/sections/text.mjml": "---\nlabel: Text\n---\n{% if %}\n"},
    ),
]


def spoiled(root: Path, bad: Bad) -> Newsletter:
    news = newsletter(root)
    for name in bad.removed:
        for path in [
            *news.root.glob(f"issues/*/{name}-*.md"),
            news.root / f"recipients/{name}.csv",
        ]:
            path.unlink(missing_ok=True)
    for folder in bad.folders:
        (news.root / folder).mkdir(parents=True)
    for name, content in bad.files.items():
        news.write(name, content)
    for name, target in bad.links.items():
        link = news.root / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(news.root / target)
    return news


def assert_told(done: Result, *says: str) -> None:
    """Exit code 1, and a sentence for a person."""
    assert done.code == 1, done
    assert done.out == ""
    assert "Traceback" not in done.err
    assert "went wrong" not in done.err, done.err
    told = "\n".join([done.err, *done.findings])
    for words in says:
        assert words in told, done.err


def assert_no_trace(news: Newsletter, before: dict[str, bytes]) -> None:
    assert news.snapshot() == before, "something was written"


@dataclass(frozen=True)
class Attempt:
    """What came of a send with a fault in it."""

    done: Result
    before: dict[str, bytes]
    after: dict[str, bytes]


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Attempt]]:
    """A send for every fault, to a server that nothing may reach."""
    with smtp_server() as inbox:

        def attempt(bad: Bad) -> Attempt:
            news = spoiled(tmp_path_factory.mktemp("bad") / "news", bad)
            before = news.snapshot()
            words = ("send", "--issue", bad.issue, "--yes", *bad.options)
            done = news.run(*words, env=inbox.environment())
            return Attempt(done, before, news.snapshot())

        yield {bad.name: attempt(bad) for bad in BAD}
        assert inbox.connections == 0, "something was about to be sent"


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_content_is_told_and_nothing_is_sent(bad: Bad, attempts: dict[str, Attempt]) -> None:
    attempt = attempts[bad.name]

    assert_told(attempt.done, *bad.says)
    assert attempt.after == attempt.before, "something was written"


def test_an_issue_id_with_a_nul_is_told(tmp_path: Path) -> None:
    """No shell can pass one; whoever calls the program from another one can try."""
    import sys

    from tests.acceptance.scene import run

    news = newsletter(tmp_path / "news")
    script = "import sys; sys.argv[1:] = ['check', '--issue', '2030\\0-01']\n"
    script += "from newsletter_mailer.cli import main; main()"

    done = run(cwd=news.root, command=(sys.executable, "-c", script))

    assert_told(done, "cannot be the id of an issue")


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write(ISSUE_FILE, ISSUE.replace("2030-01-15", '"soon"'))
    news.write(HELLO_FILE, HELLO.replace("kind: text", "kind: txt"))
    news.write(
        "issues/2030-01/20-dudley.md", "---\nkind: text\ntitle: x\nregions: [nowhere]\n---\n"
    )
    news.write("recipients/readers.csv", READERS + "eve\nadam\n")

    check = news.run("check", "--issue", "2030-01", "--format", "json")

    assert check.code == 1
    places = {(finding["file"], finding["line"]) for finding in check.json["findings"]}
    assert places >= {
        (ISSUE_FILE, 3),
        (HELLO_FILE, 2),
        ("issues/2030-01/20-dudley.md", 4),
    }
    assert check.json["errors"] == len(
        [finding for finding in check.json["findings"] if finding["severity"] == "error"]
    )


# The server: no file to name, but the setting to look at.


@contextmanager
def nobody_listens() -> Iterator[dict[str, str]]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        yield {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_SECURITY": "none"}


def send(news: Newsletter, env: dict[str, str]) -> Result:
    return news.run("send", "--issue", "2030-01", "--yes", env=env)


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def test_a_server_that_does_not_answer(news: Newsletter) -> None:
    before = news.snapshot()
    with nobody_listens() as env:
        done = send(news, env)

    assert_told(done, "does not answer", "SMTP_HOST")
    assert_no_trace(news, before)


def test_a_server_that_does_not_exist(news: Newsletter) -> None:
    before = news.snapshot()
    done = send(news, {"SMTP_HOST": "no-such-host.invalid", "SMTP_SECURITY": "starttls"})

    assert_told(done, "no-such-host.invalid", "SMTP_HOST")
    assert_no_trace(news, before)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # this server asks for a login without TLS
def test_a_refused_login(news: Newsletter) -> None:
    before = news.snapshot()
    with smtp_server(Behaviour(users={"news": "right"})) as inbox:
        login = {"SMTP_USERNAME": "news", "SMTP_PASSWORD": "wrong-and-secret"}
        done = send(news, {**inbox.environment(), **login})

    assert_told(done, "refuses the login of news", "SMTP_PASSWORD")
    assert "wrong-and-secret" not in done.err
    assert inbox.received == []
    assert_no_trace(news, before)


def test_a_bad_certificate(news: Newsletter, tmp_path: Path) -> None:
    before = news.snapshot()
    trusted = certificates(tmp_path, "mail.elsewhere.example")
    with smtp_server(starttls=trusted.server) as inbox:
        env = inbox.environment(SMTP_SECURITY="starttls")
        unknown = send(news, env)
        another_name = send(news, {**env, "SMTP_CA_FILE": str(trusted.ca_file)})

    assert_told(unknown, "certificate", "SMTP_CA_FILE")
    assert_told(another_name, "certificate")
    assert inbox.received == []
    assert_no_trace(news, before)


BAD_SETTINGS = [
    ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "smtp"}, "SMTP_PORT"),
    ({"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
    ({"SMTP_HOST": "mail.example.org", "SMTP_SECURITY": "none"}, "SMTP_ALLOW_PLAINTEXT"),
    ({"SMTP_HOST": "127.0.0.1", "LEDGER_URL": "mysql://x"}, "LEDGER_URL"),
    ({"SMTP_HOST": "127.0.0.1", "BOUNCE_ADDRESS": "bounces"}, "BOUNCE_ADDRESS"),
]


@pytest.mark.parametrize(("env", "named"), BAD_SETTINGS)
def test_a_setting_that_cannot_work_is_named(
    news: Newsletter, env: dict[str, str], named: str
) -> None:
    before = news.snapshot()

    assert_told(send(news, env), named)
    assert_no_trace(news, before)


def test_a_ledger_that_is_damaged_stops_everything(news: Newsletter) -> None:
    news.write(".newsletter/ledger.db", b"this is no database " * 100)
    before = news.snapshot()
    with smtp_server() as inbox:
        done = send(news, inbox.environment())

    assert_told(done, "ledger", "damaged")
    assert inbox.received == []
    assert_no_trace(news, before)


def test_an_address_that_was_autocorrected_is_told_with_what_was_typed(tmp_path: Path) -> None:
    """Never skipped, never "needs SMTPUTF8", never mailed to a person who does not exist."""
    news = newsletter(tmp_path / "news")
    wrong, typed = "O\u2019Neill@example.org", "Did you mean O'Neill@example.org?"
    news.write("recipients/partners.csv", f"email\ndan@example.org\n{wrong}\n")
    send = ("send", "--issue", "2030-01", "--yes")
    with smtp_server() as inbox:
        sent = news.run(*send, env=inbox.environment())
        others = [
            news.run(*words, env=inbox.environment())
            for words in (
                (*send, "--test", wrong),
                ("subscribers", "suppress", wrong, "--reason", "manual"),
            )
        ]

    assert [done.code for done in (sent, *others)] == [1, 1, 1]
    assert sent.names("recipients/partners.csv:3: error"), sent.err
    assert all(typed in done.err for done in (sent, *others))
    assert inbox.received == []
