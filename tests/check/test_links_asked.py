"""--links asks real servers on this machine, as if they stood in the public web.

Nothing here looks a name up: the names below lead to loopback, and only the ports of the servers
that play the public web are exempt from the ban on private addresses.
"""

from __future__ import annotations

import json
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from newsletter_mailer.campaign.prepare import Circumstances, prepare
from newsletter_mailer.campaign.project import open_project
from newsletter_mailer.check.evidence.links import LINKS
from newsletter_mailer.check.evidence.web.answer import Answer
from newsletter_mailer.check.evidence.web.asking import USER_AGENT, Asker, reached
from newsletter_mailer.check.evidence.web.link_cache import LinkCache
from newsletter_mailer.check.evidence.web.public_http import (
    NoAnswer,
    PublicHttp,
    Refused,
    TooLate,
    is_public,
)
from newsletter_mailer.findings import Finding
from tests.check.gathered import gathered
from tests.check.web_server import WebServer, web_server
from tests.conftest import Mailer, ProjectFolder, certificates
from tests.waiting import PATIENCE

SITE = "www.town.gov.uk"
ANY = "0.0.0.0"  # noqa: S104  # asked for, never bound
PRIVATE = "intranet.town.gov.uk"  #: its name leads to a private address


def silent(text: str) -> None:
    """Nobody looks on."""


def to_loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def site(servers: ExitStack) -> WebServer:
    """Stands in the public web."""
    return servers.enter_context(web_server())


@pytest.fixture
def private(servers: ExitStack) -> WebServer:
    """Must never be asked."""
    return servers.enter_context(web_server())


def http_to(
    *public: WebServer,
    resolve: Callable[[str, int], Sequence[str]] = to_loopback,
    timeout: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> PublicHttp:
    return PublicHttp(
        user_agent=USER_AGENT,
        timeout=timeout,
        exempt={("127.0.0.1", one.port) for one in public},
        resolve=resolve,
        tls=tls or ssl.create_default_context(),
    )


def asked(site: WebServer, *paths: str, http: PublicHttp | None = None) -> list[Answer]:
    pages = [f"http://{SITE}:{site.port}{path}" for path in paths]
    answers = Asker(http or http_to(site), silent, pause=0).answers(pages, {})
    return [answers[page] for page in pages]


Links = Callable[..., list[Finding]]


@pytest.fixture
def links(project: ProjectFolder) -> Links:
    """What the rules say of an issue with these links, one per line from line 5 on."""

    def found(*targets: str, http: PublicHttp, notes: list[str] | None = None) -> list[Finding]:
        body = "\n".join(f"- [Number {n}]({target})" for n, target in enumerate(targets))
        project.write("issues/2030-01/20-more.md", f"---\nkind: text\ntitle: More\n---\n{body}\n")
        note = silent if notes is None else notes.append
        opened = open_project(project.root, {})
        circumstances = Circumstances(
            at=datetime(2030, 1, 15, 9, tzinfo=opened.settings.zone),
            gather=lambda context: {
                LINKS.name: gathered(
                    reached(context, project.root / ".newsletter", note, Asker(http, note, pause=0))
                )
            },
        )
        with prepare(opened, "2030-01", circumstances=circumstances) as prepared:
            rules = ("unreachable-link", "unverified-link", "moved-link", "internal-error")
            return [one for one in prepared.findings if one.rule in rules]

    return found


# What the rules say.


def test_links_that_lead_nowhere_are_told(links: Links, site: WebServer) -> None:
    base = f"http://{SITE}:{site.port}"

    found = links(
        *(f"{base}{path}" for path in ("/200", "/404", "/no-head/404", "/500", "/to/302/~404")),
        f"{base}/200#a-place",
        f"{base}/garbage",
        http=http_to(site),
    )

    assert {one.rule for one in found} == {"unreachable-link"}
    assert [(one.source.line, one.source.column) for one in found] == [
        (6, 4), (7, 4), (8, 4), (9, 4), (11, 4),
    ]  # fmt: skip
    assert found[0].message == f"The link {base}/404 answers 404."
    assert found[-1].message.endswith("/garbage cannot be reached: the answer is not HTTP.")
    assert found[0].severity == "error"


def test_links_that_cannot_be_judged_are_told(links: Links, site: WebServer) -> None:
    base = f"http://{SITE}:{site.port}"
    paths = ("/401", "/403", "/405", "/429", "/999", "/loop", "/chain/6", "/no-head/200")

    found = links(*(base + path for path in paths), http=http_to(site))

    assert [(one.rule, one.source.line) for one in found] == [
        ("unverified-link", line) for line in range(5, 12)
    ]
    assert "could not be verified: its site answers 401." in found[0].message
    assert "could not be verified: it redirects more than 5 times." in found[5].message
    assert {one.severity for one in found} == {"warning"}


def test_links_that_have_moved_for_good_are_told(links: Links, site: WebServer) -> None:
    base = f"http://{SITE}:{site.port}"
    paths = ("/to/301/~200", "/to/308/~200", "/to/302/~200", "/to/307/~200", "/to/301/~404")

    found = links(*(base + path for path in paths), http=http_to(site))

    assert [(one.rule, one.source.line) for one in found] == [
        ("moved-link", 5), ("moved-link", 6), ("unreachable-link", 9),
    ]  # fmt: skip
    assert found[0].hint == f"Its new address: {base}/200"
    assert found[0].severity == "info"


def test_some_links_are_not_asked(links: Links, site: WebServer) -> None:
    notes: list[str] = []

    found = links(
        f"http://127.0.0.1:{site.port}/a",
        f"http://localhost:{site.port}/b",
        f"http://www.example.org:{site.port}/c",
        f"http://{SITE}:{site.port}/{{{{ subscriber.region }}}}",
        "mailto:ann@town.gov.uk",
        "#top",
        http=http_to(site),
        notes=notes,
    )

    assert (found, site.asked) == ([], [])
    assert notes == ["1 link differs from reader to reader (merge fields), and cannot be asked."]


def test_without_the_web_nothing_is_called_broken(links: Links) -> None:
    notes: list[str] = []

    found = links(
        "http://www.town.gov.uk:9/",
        "http://www.city.gov.uk:9/",
        http=PublicHttp(user_agent="", exempt={("127.0.0.1", 9)}, resolve=to_loopback),
        notes=notes,
    )

    assert [one.rule for one in found] == ["unverified-link"] * 2
    assert notes[-1] == "No link could be reached at all: is this computer online?"


def test_a_person_sees_how_far_it_is(links: Links, site: WebServer) -> None:
    base, notes = f"http://{SITE}:{site.port}", list[str]()

    links(f"{base}/200", f"{base}/404", http=http_to(site), notes=notes)
    links(f"{base}/200", f"{base}/204", http=http_to(site), notes=notes)

    assert notes == [
        f"Link 1 of 2: {base}/200: 200",
        f"Link 2 of 2: {base}/404: 404",
        "Not asked again: 1 link, known from less than a day ago.",
        f"Link 1 of 1: {base}/204: 204",
    ]


# How servers are asked.


def test_head_is_asked_first_and_get_where_it_fails(site: WebServer) -> None:
    answers = asked(site, "/200", "/no-head/200", "/drops-head", "/404", "/429")

    assert [one.status for one in answers] == [200, 200, 200, 404, 429]
    assert site.asked == [
        "HEAD /200",
        *("HEAD /no-head/200", "GET /no-head/200"),
        *("HEAD /drops-head", "GET /drops-head"),
        *("HEAD /404", "GET /404"),
        "HEAD /429",
    ]
    assert {one.agent for one in site.requests} == {USER_AGENT}
    assert {one.host for one in site.requests} == {f"{SITE}:{site.port}"}


def test_five_redirects_are_followed_and_no_more(site: WebServer) -> None:
    five, six, loop = asked(site, "/chain/5", "/chain/6", "/loop")

    assert (five.status, five.is_good) == (200, True)
    assert five.moved_to.endswith("/chain/0")
    assert not six.is_good
    assert six.is_undecided
    assert loop.is_undecided
    assert site.asked.count("HEAD /loop") == 6


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/to/302/ftp:~~ftp.town.gov.uk~a", "it is redirected to ftp://ftp.town.gov.uk/a"),
        ("/to/302/http:~~[::1", "it is redirected to http://[::1"),
        ("/to/302/javascript:alert(1)", "it is redirected to javascript:alert(1)"),
        ("/to/302/http:~~www,town~", "it is redirected to http://www,town/"),
        ("/garbage", "the answer is not HTTP"),
        ("/cut", "the answer is not HTTP"),
    ],
)
def test_answers_that_make_no_sense(site: WebServer, path: str, why: str) -> None:
    [answer] = asked(site, path)

    assert (answer.status, answer.why, answer.is_undecided) == (0, why, False)


def test_a_redirect_to_nowhere_is_where_it_ends(site: WebServer) -> None:
    [answer] = asked(site, "/bare/302")

    assert (answer.status, answer.is_good) == (302, True)


def test_addresses_with_blanks_and_accents_are_asked_as_browsers_do(site: WebServer) -> None:
    asked(site, "/caf\u00e9 menu?q=\u00e9t\u00e9&r=%20", "/to/302/~caf\u00e9")

    assert site.asked == [
        "HEAD /caf%C3%A9%20menu?q=%C3%A9t%C3%A9&r=%20",
        "HEAD /to/302/~caf%C3%A9",
        "HEAD /caf%C3%A9",
    ]


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_server_that_keeps_waiting_is_left(site: WebServer, path: str) -> None:
    begun = time.monotonic()

    with pytest.raises(TooLate, match="no answer within"):
        http_to(site, timeout=0.5).ask("HEAD", f"http://{SITE}:{site.port}{path}")

    assert time.monotonic() - begun < 4


def test_a_site_that_keeps_waiting_twice_is_not_asked_again(site: WebServer) -> None:
    http = http_to(site, timeout=0.3)

    answers = asked(site, "/slow?1", "/slow?2", "/200", "/slow?3", http=http)

    assert [one.is_undecided for one in answers] == [False, False, True, True]
    assert answers[2].why == "it was not asked, for its site kept others waiting"
    assert site.asked == ["HEAD /slow?1", "HEAD /slow?2"]


def test_one_host_is_asked_slowly_and_others_meanwhile(site: WebServer) -> None:
    hosts = [SITE, "www.city.gov.uk", "www.county.gov.uk"]
    pages = [f"http://{host}:{site.port}/200?{n}" for host in hosts for n in range(3)]

    Asker(http_to(site), silent, pause=0.4).answers(pages, {})

    times = [[one.at for one in site.requests if one.host.startswith(f"{host}:")] for host in hosts]
    assert [len(of_one) for of_one in times] == [3, 3, 3]
    for of_one in times:
        assert all(later - earlier >= 0.4 for earlier, later in pairwise(of_one))
    assert max(of_one[0] for of_one in times) < min(of_one[-1] for of_one in times)


def test_the_same_page_is_asked_once(site: WebServer) -> None:
    asked(site, "/200", "/200#a", "/200#b")

    assert site.asked == ["HEAD /200"]


@pytest.fixture
def heeding_ctrl_c() -> Iterator[None]:
    """As in a terminal; processes that share the tests among them are deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="a waiting main thread is not interrupted")
@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_ends_it_soon(site: WebServer) -> None:
    pages = [f"http://{SITE}:{site.port}/200?{n}" for n in range(4)]
    person, told = threading.get_ident(), list[str]()

    def pressed_once(text: str) -> None:
        if not told:
            signal.pthread_kill(person, signal.SIGINT)
        told.append(text)

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Asker(http_to(site), pressed_once, pause=5).answers(pages, {})

    assert time.monotonic() - begun < 4
    assert len(site.requests) <= 2


def test_certificates_are_looked_at(servers: ExitStack, tmp_path: Path) -> None:
    known = certificates(tmp_path, SITE)
    trusting = ssl.create_default_context(cafile=str(known.ca_file))
    secure = servers.enter_context(web_server(tls=known.server))
    plain = servers.enter_context(web_server())
    http = http_to(secure, plain, tls=trusting)

    assert http.ask("HEAD", f"https://{SITE}:{secure.port}/200").status == 200
    with pytest.raises(NoAnswer, match="its certificate is not valid"):
        http.ask("HEAD", f"https://www.city.gov.uk:{secure.port}/200")
    with pytest.raises(NoAnswer, match="its certificate is not valid"):
        http_to(secure).ask("HEAD", f"https://{SITE}:{secure.port}/200")
    with pytest.raises(NoAnswer, match="no encrypted connection could be made"):
        http.ask("HEAD", f"https://{SITE}:{plain.port}/200")


def test_who_is_not_there(site: WebServer) -> None:
    def nobody(host: str, port: int) -> Sequence[str]:
        return []

    with pytest.raises(NoAnswer, match="its name has no address"):
        http_to(site, resolve=nobody).ask("HEAD", f"http://{SITE}:{site.port}/")
    closed = PublicHttp(user_agent="", exempt={("127.0.0.1", 9)}, resolve=to_loopback)
    with pytest.raises(NoAnswer, match="the connection was refused"):
        closed.ask("HEAD", "http://www.town.gov.uk:9/")


def test_a_host_beyond_ascii_is_asked_as_browsers_ask_it(site: WebServer) -> None:
    """straße.de is another site than strasse.de."""
    asked: list[str] = []

    def heard(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return to_loopback(host, port)

    http_to(site, resolve=heard).ask("HEAD", f"http://www.straße.de:{site.port}/200")
    with pytest.raises(NoAnswer, match="is no name of a site"):
        http_to(site, resolve=heard).ask("HEAD", f"http://www.\ue000.de:{site.port}/200")

    assert asked == ["www.xn--strae-oqa.de"]


# What is never asked.


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", ANY),
        *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
        *("[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"),
    ],
)
def test_this_machine_is_not_asked_however_it_is_written(private: WebServer, host: str) -> None:
    with pytest.raises((Refused, NoAnswer)) as stopped:
        PublicHttp(user_agent="", timeout=3).ask("HEAD", f"http://{host}:{private.port}/")

    assert private.connections == []
    if isinstance(stopped.value, NoAnswer):  # some systems do not take it for a number
        assert "name" in str(stopped.value)


@pytest.mark.parametrize(
    "number",
    [
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.2", ANY),
        *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
        *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12::1", "ff02::1"),
        *("2001:db8::1", "100::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1"),
        *("64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:a00:1::", "2002:c0a8:101::1"),
        *("2001:0:a00:1::", "2001::f5ff:fffe", "no number", ""),
    ],
)
def test_private_addresses(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize(
    "number",
    [
        *("8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1"),
        *("2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"),
    ],
)
def test_public_addresses(number: str) -> None:
    assert is_public(number)


def test_a_name_that_leads_into_ones_own_network_is_not_asked(
    links: Links, site: WebServer, private: WebServer
) -> None:
    found = links(
        f"http://{SITE}:{site.port}/200",
        f"http://{PRIVATE}:{private.port}/200",
        http=http_to(site),
    )

    assert [(one.rule, one.source.line) for one in found] == [("unreachable-link", 6)]
    assert "127.0.0.1 is no address of the public web" in found[0].message
    assert private.connections == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", PRIVATE, "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", ANY],
)
def test_a_redirect_into_ones_own_network_is_not_followed(
    site: WebServer, private: WebServer, host: str
) -> None:
    [answer] = asked(site, f"/to/302/http:~~{host}:{private.port}~200")

    assert not answer.is_good
    assert answer.status == 0
    assert private.connections == []


def test_the_address_that_was_vetted_is_the_one_that_is_asked(
    site: WebServer, private: WebServer
) -> None:
    """DNS rebinding: a name that leads to a public place at first, and home the second time."""
    numbers = iter([["127.0.0.1"], ["127.0.0.2"]])
    looked_up: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        looked_up.append(host)
        return next(numbers)

    http = http_to(site, resolve=rebinding)

    assert http.ask("HEAD", f"http://{SITE}:{site.port}/200").status == 200
    assert looked_up == [SITE], "once for one request"
    with pytest.raises(Refused):
        http.ask("GET", f"http://{SITE}:{site.port}/200")
    assert site.asked == ["HEAD /200"]


def test_of_several_addresses_only_public_ones_are_asked(
    site: WebServer, servers: ExitStack
) -> None:
    def both(host: str, port: int) -> Sequence[str]:
        return ["10.255.255.1", "::1", "127.0.0.1"]

    begun = time.monotonic()
    http = http_to(site, resolve=both)

    assert http.ask("HEAD", f"http://{SITE}:{site.port}/200").status == 200
    assert time.monotonic() - begun < 2, "10.255.255.1 would have taken its time"


def test_no_proxy_is_asked(
    site: WebServer, private: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{private.port}")

    assert [one.status for one in asked(site, "/200")] == [200]
    assert private.connections == []


def test_the_command_asks_nothing_without_links(mailer: Mailer, project: ProjectFolder) -> None:
    project.write(
        "issues/2030-01/20-more.md",
        "---\nkind: text\ntitle: More\n---\n[The form](http://intranet.local/form)\n",
    )

    without = mailer("check", "--issue", "2030-01")
    with_links = mailer("check", "--issue", "2030-01", "--links")

    assert "local-link" in without.out
    assert without.out == with_links.out, "a local link is told, and not asked"
    assert not (project.root / ".newsletter/links.json").exists()


# What is remembered.


def test_good_answers_are_kept_for_a_day_and_others_for_ten_minutes(tmp_path: Path) -> None:
    good, bad, wall = "https://a.uk/", "https://b.uk/", "https://c.uk/"
    cache = LinkCache(tmp_path / "new", silent)
    answers = {
        good: Answer(status=200, moved_to="https://d.uk/"),
        f"{good}#place": Answer(status=200, moved_to="https://d.uk/"),
        bad: Answer(status=404),
        wall: Answer(status=403, is_undecided=True),
    }

    cache.keep(answers, now=1_000_000)

    def known(now: float) -> set[str]:
        return {*LinkCache(tmp_path / "new", silent).known(now)}

    assert LinkCache(tmp_path / "new", silent).known(1_000_000) == {
        good: answers[good], bad: answers[bad], wall: answers[wall],
    }  # fmt: skip
    assert known(1_000_000 + 599) == {good, bad, wall}
    assert known(1_000_000 + 601) == {good}
    assert known(1_000_000 + 86_399) == {good}
    assert known(1_000_000 + 86_401) == set()
    assert known(999_999) == set(), "the clock was put back"


def test_what_was_known_keeps_its_age(tmp_path: Path) -> None:
    page = "https://a.uk/"
    LinkCache(tmp_path, silent).keep({page: Answer(status=200)}, now=1000)
    later = LinkCache(tmp_path, silent)
    later.known(2000)
    later.keep({page: Answer(status=200)}, now=2000)

    assert json.loads((tmp_path / "links.json").read_text("utf-8"))[page]["asked"] == 1000


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "[1]", "null", '{"a": 1}', '{"a": {}}', '{"a": {"asked": "x"}}'),
        '{"a": {"asked": 1, "status": "200", "why": "", "moved_to": "", "is_undecided": false}}',
        '{"a": {"asked": 1, "status": 200, "why": "", "moved_to": "", "more": 1}}',
        '{"a": {"asked": 1e999, "status": 200, "why": "", "moved_to": "", "is_undecided": false}}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "links.json").write_bytes(text.encode("latin-1"))

    assert LinkCache(tmp_path, silent).known(1.0) == {}


def test_where_nothing_can_be_kept_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notes: list[str] = []

    LinkCache(tmp_path / "file", notes.append).keep({"https://a.uk/": Answer(status=200)}, 1.0)

    assert len(notes) == 1
    assert notes[0].startswith("The answers cannot be kept in ")


def test_a_second_run_asks_only_what_is_new(
    links: Links, site: WebServer, project: ProjectFolder
) -> None:
    base = f"http://{SITE}:{site.port}"
    links(f"{base}/200", http=http_to(site))
    found = links(f"{base}/200", f"{base}/404", http=http_to(site))

    assert site.asked == ["HEAD /200", "HEAD /404", "GET /404"]
    assert [one.rule for one in found] == ["unreachable-link"]
    assert f"{base}/200" in project.read(".newsletter/links.json")


def test_threads_end(site: WebServer) -> None:
    before = {*threading.enumerate()}

    asked(site, "/200", "/garbage", "/404")

    for thread in {*threading.enumerate()} - before:
        thread.join(PATIENCE)
        assert not thread.is_alive()
