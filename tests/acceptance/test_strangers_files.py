"""What a stranger sends: text that hides something, files that lead elsewhere or are far too large.

One file that somebody spoiled stops its own issue at most, and with one sentence.
"""

from __future__ import annotations

import email
import email.policy
import struct
import zlib
from pathlib import Path

import pytest

from newsletter_mailer.campaign.source_lines import SourceLines
from tests.acceptance.scene import (
    COMMAND,
    HELLO,
    ISSUE,
    READERS,
    SETTINGS,
    Newsletter,
    newsletter,
    run,
)
from tests.acceptance.test_bad_input import HELLO_FILE, ISSUE_FILE, assert_told
from tests.conftest import Result

EVENT_FILE = "issues/2030-01/40-event.md"
EVENT = "---\nkind: event\ntitle: A day\nstarts: 2030-03-01 10:00\n---\n{}\n"
DEEP = "deep = " + "[" * 3_000 + "]" * 3_000 + "\n"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    return newsletter(tmp_path / "news")


def png(grey: int, *, noise: bytes = b"") -> bytes:
    """A picture of 400 by 200 pixels; `noise` is a comment in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        length = struct.pack(">I", len(content))
        return length + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 400, 200, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes([0, *[grey] * 400]) * 200, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", b"note\0" + noise)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def link(news: Newsletter, path: str, target: Path) -> None:
    file = news.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.symlink_to(target)


def send(news: Newsletter) -> Result:
    return news.run("send", "--issue", "2030-01", "--sandbox")


# Another issue's files.

ODD_FILES: dict[str, tuple[str, str | bytes]] = {
    "a date with a time": ("issue.toml", 'date = 2029-12-15T09:00:00\nlists = ["readers"]\n'),
    "a time for a date": ("issue.toml", "date = 09:00:00\n"),
    "numbers for texts": ("issue.toml", "subject = 1\npreheader = [2]\ndate = 3\nlists = 4\n"),
    "TOML nested 3,000 deep": ("issue.toml", DEEP),
    "a number of 5,000 digits": ("issue.toml", f"date = {'1' * 5_000}\n"),
    "octets that are no text": ("issue.toml", b"\xff\xfe\x00date"),
    "a folder for a file": ("issue.toml/x", ""),
    "sent.toml nested 3,000 deep": ("sent.toml", DEEP),
    "sent.toml with odd values": ("sent.toml", "lists = 2030-01-01\nwhen = [1]\n"),
    "sent.toml that is no text": ("sent.toml", b"\xff\xfe\x00"),
    "sent.toml with a number for lists": (
        "sent.toml",
        'ledger = "x"\ncontent_hash = "x"\nwhen = 2029-12-15T09:00:00Z\nlists = 3\n',
    ),
}


@pytest.mark.parametrize("odd", ODD_FILES)
def test_one_issue_s_odd_file_does_not_stop_the_others(odd: str, news: Newsletter) -> None:
    name, content = ODD_FILES[odd]
    news.write("issues/2029-12/10-hello.md", HELLO)
    if not name.startswith("issue.toml"):
        news.write("issues/2029-12/issue.toml", ISSUE.replace("2030-01-15", "2029-12-15"))
    news.write(f"issues/2029-12/{name}", content)

    done = {words: news.run(*words.split(), "--issue", "2030-01") for words in ("check", "build")}
    sent = send(news)

    assert {words: one.code for words, one in done.items()} == {"check": 0, "build": 0}, done
    assert sent.code == 0, sent.err
    assert len(news.outbox()) == 4


def test_a_date_with_a_time_is_that_day(news: Newsletter) -> None:
    news.write(ISSUE_FILE, ISSUE.replace("2030-01-15", "2030-01-15T09:00:00"))

    assert send(news).code == 0


@pytest.mark.parametrize(
    ("file", "content", "place"),
    [
        (ISSUE_FILE, ISSUE + DEEP, f"{ISSUE_FILE}:5: error"),
        ("newsletter.toml", DEEP + SETTINGS, "newsletter.toml:1: error"),
        ("templates/regional/theme.toml", DEEP, "templates/regional/theme.toml:1: error"),
    ],
)
def test_toml_nested_too_deeply_is_told_with_its_line(
    news: Newsletter, file: str, content: str, place: str
) -> None:
    news.write(file, content)

    assert_told(send(news), place, "nested too deeply")


def test_an_approval_nested_too_deeply_is_not_trusted(news: Newsletter) -> None:
    news.write("newsletter.toml", "require_approval = true\n" + SETTINGS)
    news.write("issues/2030-01/approval.toml", DEEP)

    done = news.run("send", "--issue", "2030-01", "--sandbox")

    assert done.code in (0, 1), done
    assert "went wrong" not in done.err
    assert_told(
        news.run("send", "--issue", "2030-01", "--yes", env={"SMTP_HOST": "127.0.0.1"}),
        "approval.toml, line 1",
        "nested too deeply",
    )


# Pictures and links.


@pytest.mark.parametrize("folder", ["images", "photos"])
def test_a_picture_s_path_of_300_letters_is_told(news: Newsletter, folder: str) -> None:
    news.write("issues/2030-01/images/a.png", png(0))
    news.write(HELLO_FILE, HELLO + f"![A]({folder}/{'a' * 300}.png)\n")

    assert_told(send(news), f"{HELLO_FILE}:8: error", f'picture "{folder}/aaa')


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("issues/2030-01/images/a.png", f"{HELLO_FILE}:8: error"),
        ("templates/regional/images/a.png", "templates/regional/images/a.png:1: error"),
    ],
)
def test_a_picture_of_3_gigabytes_is_refused_unread(
    news: Newsletter, path: str, place: str
) -> None:
    news.write(HELLO_FILE, HELLO + "![A](images/a.png)\n")
    with news.write(path, png(0)).open("r+b") as picture:
        picture.truncate(3_000_000_000)

    assert_told(send(news), place, "has 3,000.0 MB", "5 MB at most")


def test_two_pictures_of_one_path_and_length_stay_two(news: Newsletter) -> None:
    """The template's and the issue's own images/masthead.png."""
    ours, theirs = png(0), png(200)
    assert len(ours) == len(theirs)
    (news.root / "templates/regional/images/masthead.jpg").unlink()
    news.write("templates/regional/images/masthead.png", ours)
    news.write("issues/2030-01/images/masthead.png", theirs)
    news.write(HELLO_FILE, HELLO + "![A grey sky](images/masthead.png)\n")

    assert send(news).code == 0
    mail = email.message_from_bytes(news.outbox()[0].read_bytes(), policy=email.policy.default)
    pictures = [part for part in mail.walk() if part.get_content_maintype() == "image"]

    assert {part.get_content() for part in pictures} == {ours, theirs}
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one
    assert all(f"cid:{str(part['Content-ID']).strip('<>')}" in page for part in pictures)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("issues/2030-01/15-more.md", HELLO),
        (ISSUE_FILE, ISSUE),
        ("templates/regional/sections/text.mjml", "---\nlabel: Text\n---\n<mj-section/>\n"),
        ("templates/regional/theme.toml", "[words]\n"),
    ],
)
def test_a_file_that_is_a_link_to_elsewhere_is_refused(
    news: Newsletter, path: str, content: str
) -> None:
    secret = news.root.parent / "secret.txt"
    secret.write_text(content, "utf-8")
    link(news, path, secret)

    assert_told(send(news), f"{path}:1: error", "a link that leads out of its folder")
    assert SourceLines(news.root)(path) is None, "a report would show its lines"


def test_a_link_to_a_file_beside_it_is_read(news: Newsletter) -> None:
    link(news, "issues/2030-01/15-again.md", Path("10-hello.md"))

    assert "again" not in send(news).err


# The next issue.


def test_the_next_issue_has_the_pictures_of_all_folders(news: Newsletter) -> None:
    news.write(EVENT_FILE, EVENT.format("![A](images/photos/a.png) ![B](<images/b c.png>)"))
    news.write("issues/2030-01/images/photos/a.png", png(1))
    news.write("issues/2030-01/images/b c.png", png(2))
    news.write("issues/2030-01/images/photos/unused.png", png(3))

    done = news.run("new", "--issue", "2030-02")

    assert done.code == 0, done.err
    made = news.root / "issues/2030-02"
    assert (made / "images/photos/a.png").read_bytes() == png(1)
    assert (made / "images/b c.png").read_bytes() == png(2)
    assert not (made / "images/photos/unused.png").exists()


def test_the_next_issue_has_no_link_s_target_and_no_picture_too_large(news: Newsletter) -> None:
    secret = news.root.parent / "secret.png"
    secret.write_bytes(png(9))
    link(news, "issues/2030-01/images/a.png", secret)
    with news.write("issues/2030-01/images/b.png", png(1)).open("r+b") as picture:
        picture.truncate(3_000_000_000)
    news.write(EVENT_FILE, EVENT.format("![A](images/a.png) ![B](images/b.png)"))

    done = news.run("new", "--issue", "2030-02")

    assert done.code == 0, done.err
    assert "left out: images/a.png" in done.err
    assert "left out: images/b.png" in done.err
    assert not (news.root / "issues/2030-02/images").exists()


def test_the_next_issue_is_made_whole_or_not_at_all(news: Newsletter) -> None:
    secret = news.root.parent / "secret.md"
    secret.write_text(HELLO, "utf-8")
    link(news, "issues/2030-01/90-link.md", secret)
    before = news.snapshot()

    refused = news.run("new", "--issue", "2030-02")

    assert_told(refused, "issues/2030-01/90-link.md:1: error")
    assert news.snapshot() == before


def test_a_next_issue_that_does_not_fit_on_the_disk_leaves_nothing_behind(
    news: Newsletter,
) -> None:
    news.write(EVENT_FILE, EVENT.format("![A](images/photos/a.png)"))
    news.write("issues/2030-01/images/photos/a.png", png(1, noise=b"x" * 2_000_000))
    before = news.snapshot()

    full = f"ulimit -f 1000; exec {COMMAND} new --issue 2030-02"
    refused = run(cwd=news.root, command=("sh", "-c", full))

    assert_told(refused, "issues/2030-02/images/photos/a.png cannot be written", "Nothing was")
    assert news.snapshot() == before
    assert not (news.root / "issues/2030-02").exists()
    again = news.run("new", "--issue", "2030-02")
    assert again.code == 0, again.err


# Lists.


@pytest.mark.parametrize("name", ["column{}", ""])
def test_a_list_of_60_000_columns_is_refused(news: Newsletter, name: str) -> None:
    columns = ",".join(name.format(number) for number in range(60_000))
    news.write("recipients/readers.csv", f"email,{columns}\nann@example.org\n")

    assert_told(send(news), "recipients/readers.csv:1: error", "at most 500 columns")


def test_a_value_with_an_unseen_character_is_a_warning(news: Newsletter) -> None:
    news.write("recipients/readers.csv", READERS.replace("Ben", "\u202eneB"))

    done = send(news)

    assert done.code == 0, done.err
    assert any("recipients/readers.csv:3: warning" in line for line in done.findings), done.err


# Text.

RLO, PDF = "\u202e", "\u202c"

HIDDEN = {
    "an address turned round": f"[{RLO}ku.vog.www//:sptth{PDF}](https://evil-site.com/)",
    "an account number turned round": f"Pay to account {RLO}12345678{PDF} today.",
    "an address with a joiner of words": "[\u2060www.gov.uk](https://evil-site.com/)",
    "a reference": "Pay to account &#x202e;12345678&#x202c; today.",
    "an isolate": "Words \u2067turned round\u2069 here.",
    "tags": "Words\U000e0068\U000e0069 here.",
    "a Hangul filler": "Words \u3164 here.",
    "a byte order mark": "Words\ufeff here.",
    "a separator of lines": "Words\u2028here.",
    "a link's target": f"[the form](https://example.org/{RLO}gpj.exe)",
}


@pytest.mark.parametrize("hidden", HIDDEN)
def test_text_that_hides_something_is_not_sent(hidden: str, news: Newsletter) -> None:
    news.write(HELLO_FILE, HELLO + HIDDEN[hidden] + "\n")

    done = send(news)

    assert_told(done, f"{HELLO_FILE}:8", "a character that nobody sees")
    assert news.outbox() == []


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        (HELLO_FILE, HELLO.replace("Hello", f"Report {RLO}cod.exe"), 3),
        (HELLO_FILE, HELLO.replace("Hello", '"Report \\u202Ecod.exe"'), 3),
        (ISSUE_FILE, ISSUE.replace("News for", f"News {RLO}rof"), 1),
        (ISSUE_FILE, ISSUE.replace("What inboxes", "What\\u200b inboxes"), 2),
        ("newsletter.toml", SETTINGS.replace("1 Sample", "1\u200b Sample"), 5),
    ],
)
def test_a_title_or_subject_that_hides_something_is_not_sent(
    news: Newsletter, file: str, content: str, line: int
) -> None:
    news.write(file, content)

    assert_told(send(news), f"{file}:{line}", "a character that nobody sees")


def test_emoji_persian_and_flags_are_sent(news: Newsletter) -> None:
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    words = f"\U0001f469\u200d\U0001f692 \u2764\ufe0f {flag} \u0645\u06cc\u200c\u062e\u0648\u0627"
    news.write(HELLO_FILE, HELLO + words + "\n")

    done = send(news)

    assert done.code == 0, done.err


MISLEADING = "[Go to www.gov.uk](https://evil-site.com/)"


@pytest.mark.parametrize(
    "front",
    [
        "ignore: [misleading-link]\n",
        "ignore: [misleading-link, guarded-rule, unknown-rule]\n",
    ],
)
def test_pasted_front_matter_cannot_silence_what_stands_against_fraud(
    news: Newsletter, front: str
) -> None:
    news.write(HELLO_FILE, HELLO.replace("title:", f"{front}title:") + MISLEADING + "\n")

    found = news.run("check", "--issue", "2030-01", "--json").json["findings"]
    told = {(one["rule"], one["line"]) for one in found if one["file"] == HELLO_FILE}

    assert ("misleading-link", 9) in told
    assert ("guarded-rule", 3) in told


def test_an_issue_s_settings_cannot_silence_it_and_the_newsletter_s_can(news: Newsletter) -> None:
    news.write(HELLO_FILE, HELLO + MISLEADING + "\n" + f"Words {RLO}turned.\n")
    wish = '\n[check]\nmisleading-link = "info"\nignore = ["unseen-character"]\n'

    def told() -> set[tuple[str, str]]:
        found = news.run("check", "--issue", "2030-01", "--json").json["findings"]
        return {(one["rule"], one["severity"]) for one in found}

    news.write(ISSUE_FILE, ISSUE + wish)
    by_issue = told()
    news.write(ISSUE_FILE, ISSUE)
    news.write("newsletter.toml", SETTINGS + wish)
    by_newsletter = told()

    assert {("misleading-link", "warning"), ("unseen-character", "error")} <= by_issue
    assert ("guarded-rule", "warning") in by_issue
    assert ("misleading-link", "info") in by_newsletter
    assert "unseen-character" not in {rule for rule, _ in by_newsletter}
