"""What was read and composed before makes build and check quicker; nothing sent is made of it."""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.acceptance.scene import COMMAND, Newsletter, newsletter, run

BUILD = ("build", "--issue", "2030-01")
SEND = ("send", "--issue", "2030-01", "--sandbox")
CACHE = ".newsletter/cache"


@pytest.fixture
def news(tmp_path: Path) -> Newsletter:
    made = newsletter(tmp_path / "news")
    assert made.run(*BUILD).code == 0
    return made


def built(news: Newsletter) -> dict[str, bytes]:
    folder = news.root / "build/2030-01"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def poison(news: Newsletter, old: bytes, new: bytes) -> None:
    """As somebody would who knows how the texts are kept."""
    for file in (news.root / CACHE).iterdir():
        octets = file.read_bytes().partition(b"\n")[2].replace(old, new)
        file.write_bytes(sealed(file, octets))


def sealed(file: Path, octets: bytes) -> bytes:
    """What lies in a file of the cache that holds these octets."""
    return hashlib.sha256(file.name.encode() + b"\n" + octets).hexdigest().encode() + b"\n" + octets


def mailed(news: Newsletter) -> dict[str, str]:
    """The HTML that each subscriber was sent: several connections number the files between them."""
    html: dict[str, str] = {}
    for path in news.outbox():
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("html",))
        assert body is not None, path
        html[mail["To"]] = body.get_content()
    return html


def test_a_second_build_writes_the_same(news: Newsletter) -> None:
    first = built(news)
    assert any((news.root / CACHE).iterdir())

    assert news.run(*BUILD).code == 0

    assert built(news) == first


def assert_that_an_edit_is_seen(news: Newsletter, before: dict[str, bytes]) -> None:
    """A build is as without a cache, and not as before."""
    assert news.run(*BUILD).code == 0
    quick = built(news)
    shutil.rmtree(news.root / CACHE)
    assert news.run(*BUILD).code == 0
    assert built(news) == quick
    assert quick["full.html"] != before["full.html"]


TEMPLATE = "templates/regional"
EDITS = {
    "a section": ("issues/2030-01/10-hello.md", "Dear", "Good morning"),
    "front matter": ("issues/2030-01/10-hello.md", "title: Hello", "title: Good evening"),
    "the issue": ("issues/2030-01/issue.toml", "subject = ", "preheader = "),
    "the settings": ("newsletter.toml", "Test News", "Quite Another News"),
    "styles of elements": (f"{TEMPLATE}/inline.css", "p { margin: 0 0 16px; }", "p { margin: 0; }"),
    "styles of the head": (f"{TEMPLATE}/head.css", "max-width: 479px", "max-width: 500px"),
    "a colour": (f"{TEMPLATE}/theme.toml", 'sheet = "#ffffff"', 'sheet = "#fefefe"'),
    "the page": (f"{TEMPLATE}/newsletter.mjml", 'width="600px"', 'width="560px"'),
    "the page's body": (f"{TEMPLATE}/newsletter.mjml", 'css-class="page"', 'css-class="page own"'),
    "a kind": (f"{TEMPLATE}/sections/text.mjml", "{{ section.body }}", "<b>{{ section.body }}</b>"),
    "a part": (f"{TEMPLATE}/parts/ui.mjml", 'class="sheet strip"', 'class="strip sheet"'),
}


@pytest.mark.parametrize(("path", "old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_is_seen(news: Newsletter, path: str, old: str, new: str) -> None:
    before, text = built(news), news.read(path)
    swapped = text.replace(new, "\0").replace(old, new).replace("\0", old)
    assert swapped != text
    news.write(path, swapped)

    assert_that_an_edit_is_seen(news, before)


def test_another_picture_of_that_name_is_seen(news: Newsletter) -> None:
    before, picture = built(news), news.root / TEMPLATE / "images/masthead.jpg"
    picture.write_bytes(picture.read_bytes() + b"\0")

    assert_that_an_edit_is_seen(news, before)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"</p>", b", says a stranger</p>"), (b'"title": "', b'"title": "So says a stranger: ')],
    ids=["what was composed", "what was read"],
)
def test_a_poisoned_cache_changes_nothing_that_is_sent(
    news: Newsletter, tmp_path: Path, old: bytes, new: bytes
) -> None:
    elsewhere = Newsletter(tmp_path / "elsewhere")
    shutil.copytree(news.root, elsewhere.root)
    shutil.rmtree(elsewhere.root / CACHE)
    poison(news, old, new)
    assert news.run(*BUILD).code == 0
    assert b"says a stranger" in built(news)["full.html"]  # what is done here is poison

    assert news.run(*SEND).code == 0
    assert elsewhere.run(*SEND).code == 0

    assert len(mailed(news)) > 1
    assert mailed(news) == mailed(elsewhere)
    assert "says a stranger" not in "".join(mailed(news).values())


@pytest.mark.parametrize("words", [SEND, ("send", "--issue", "2030-01", "--dry-run")])
def test_what_sends_keeps_nothing_there(news: Newsletter, words: tuple[str, ...]) -> None:
    shutil.rmtree(news.root / CACHE)

    assert news.run(*words).code == 0

    assert not (news.root / CACHE).exists()


def test_files_of_the_cache_that_changed_places_are_made_again(news: Newsletter) -> None:
    first = built(news)
    largest = sorted((news.root / CACHE).iterdir(), key=lambda one: one.stat().st_size)[-2:]
    one, other = (file.read_bytes() for file in largest)
    largest[0].write_bytes(other)
    largest[1].write_bytes(one)

    done = news.run(*BUILD)

    assert done.code == 0, done.err
    assert built(news) == first


def test_a_cache_that_is_damaged_is_made_again(news: Newsletter) -> None:
    first = built(news)
    for file in (news.root / CACHE).iterdir():
        octets = b'[[["picture","x"],["field"],7],"nlq00000000x0009z", nlq00000000x0099z'
        file.write_bytes(sealed(file, octets))

    done = news.run(*BUILD)

    assert done.code == 0, done.err
    assert built(news) == first


#: Runs a command as a user to whom permissions apply, which is what root is without the capability
#: CAP_DAC_OVERRIDE (1): PR_CAPBSET_DROP (24) takes it from what is run next (capabilities(7)).
AS_ANY_USER = """
import ctypes, os, sys
if sys.platform == "linux" and os.geteuid() == 0:
    assert ctypes.CDLL(None).prctl(24, 1) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_project_that_is_read_only_is_checked(news: Newsletter) -> None:
    shutil.rmtree(news.root / CACHE)
    (news.root / ".newsletter").chmod(0o500)

    as_any_user = (sys.executable, "-c", AS_ANY_USER, COMMAND)
    done = run("check", "--issue", "2030-01", cwd=news.root, command=as_any_user)

    assert done.code == 0, done.err
    assert not (news.root / CACHE).exists()


def test_where_no_folder_can_be_made_an_issue_is_built_all_the_same(news: Newsletter) -> None:
    first = built(news)
    shutil.rmtree(news.root / ".newsletter")
    news.write(".newsletter", "a file in the way")

    assert news.run(*BUILD).code == 0
    assert built(news) == first


@pytest.mark.parametrize("link", [".newsletter", CACHE])
def test_no_cache_is_kept_behind_a_link(news: Newsletter, tmp_path: Path, link: str) -> None:
    """More than the cache may hold, and named by their digests as the blobs of containerd are."""
    elsewhere = tmp_path / "elsewhere"
    blobs = elsewhere if link == CACHE else elsewhere / "cache"
    blobs.mkdir(parents=True)
    for number in range(40):
        with (blobs / f"{number:064x}").open("wb") as blob:
            blob.truncate(1024 * 1024)
    there = sorted(blobs.iterdir())
    shutil.rmtree(news.root / link)
    (news.root / link).symlink_to(elsewhere, target_is_directory=True)

    assert news.run(*BUILD).code == 0

    assert sorted(blobs.iterdir()) == there


def test_a_link_to_itself_is_no_fault(news: Newsletter) -> None:
    shutil.rmtree(news.root / CACHE)
    (news.root / CACHE).symlink_to(CACHE.rpartition("/")[2])

    assert news.run(*BUILD).code == 0


def test_a_project_that_is_reached_by_a_link_has_a_cache(news: Newsletter, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(news.root, target_is_directory=True)
    shutil.rmtree(news.root / CACHE)

    assert Newsletter(tmp_path / "link").run(*BUILD).code == 0

    assert any((news.root / CACHE).iterdir())
