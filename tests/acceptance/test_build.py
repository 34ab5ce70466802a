"""build: every variant to disk, the same bytes wherever and whenever."""

from __future__ import annotations

import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.acceptance.scene import Newsletter, newsletter
from tests.conftest import REPOSITORY

BUILD = ("build", "--issue", "2030-01")
PICTURE = REPOSITORY / "issues/2025-08/images/portrait.jpg"
MANIFEST_KEYS = ["id", "sections", "subscribers", "html", "text", "eml", "html_bytes"]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Newsletter:
    made = newsletter(tmp_path_factory.mktemp("build") / "news")
    made.write("issues/2030-01/images/portrait.jpg", PICTURE.read_bytes())
    hello = made.read("issues/2030-01/10-hello.md")
    made.write("issues/2030-01/10-hello.md", f"{hello}\n![A face](images/portrait.jpg)\n")
    done = made.run(*BUILD)
    assert done.code == 0, done.err
    assert done.out == f"{made.root / 'build/2030-01'}\n"
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def parsed(file: Path) -> EmailMessage:
    policy = email.policy.default.clone(raise_on_defect=True)
    return email.message_from_bytes(file.read_bytes(), policy=policy)


def test_the_manifest_lists_every_variant(news: Newsletter) -> None:
    folder = news.root / "build/2030-01"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    assert list(manifest) == ["issue", "content_hash", "variants"]
    assert manifest["issue"] == "2030-01"
    assert re.fullmatch("[0-9a-f]{64}", manifest["content_hash"])
    assert all(list(variant) == MANIFEST_KEYS for variant in manifest["variants"])
    assert {variant["id"]: variant["subscribers"] for variant in manifest["variants"]} == {
        "everyone": 1,
        "full": 1,
        "20-dudley": 1,
        "30-directors": 1,
    }
    full = next(variant for variant in manifest["variants"] if variant["id"] == "full")
    assert full["sections"] == ["10-hello", "20-dudley", "30-directors"]
    assert full["html_bytes"] == (folder / full["html"]).stat().st_size
    named = {variant[kind] for variant in manifest["variants"] for kind in ("html", "text", "eml")}
    assert {name for name in files(folder) if "/" not in name} == {*named, "manifest.json"}


def test_the_same_files_give_the_same_bytes_wherever_they_are(
    news: Newsletter, tmp_path: Path
) -> None:
    """As the installed command: another folder, clock, language and hash seed; a second run."""
    first = files(news.root / "build/2030-01")
    elsewhere = Newsletter(tmp_path / "another place" / "ünïcode")
    for path, content in news.snapshot().items():
        if not path.startswith("build/"):
            elsewhere.write(path, content)
    strange = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "tr_TR", "PYTHONHASHSEED": "7"}

    done = elsewhere.command(*BUILD, env=strange, cwd="issues")
    again = news.command(*BUILD, env={"PYTHONHASHSEED": "8"})

    assert (done.code, again.code) == (0, 0), done.err + again.err
    assert files(elsewhere.root / "build/2030-01") == first
    assert files(news.root / "build/2030-01") == first


def test_other_line_ends_make_no_other_newsletter(news: Newsletter, tmp_path: Path) -> None:
    windows = Newsletter(tmp_path / "windows")
    for path, content in news.snapshot().items():
        is_text = path.endswith((".md", ".toml", ".mjml", ".css", ".txt", ".csv"))
        if not path.startswith("build/"):
            windows.write(path, content.replace(b"\n", b"\r\n") if is_text else content)

    assert windows.run(*BUILD).code == 0
    assert files(windows.root / "build/2030-01") == files(news.root / "build/2030-01")


def test_every_message_is_sound_and_shows_its_pictures(news: Newsletter) -> None:
    folder = news.root / "build/2030-01"
    for file in folder.glob("*.eml"):
        mail = parsed(file)
        assert [part.get_content_type() for part in mail.iter_parts()] == [
            "text/plain",
            "multipart/related",
        ]
        html = mail.get_body(("html",))
        assert html is not None
        used = set(re.findall(r'src="cid:([^"]+)"', html.get_content()))
        held = {
            part["Content-ID"].strip("<>")
            for part in mail.walk()
            if part.get_content_maintype() == "image"
        }
        assert used == held
        assert len(used) >= 1
        assert re.findall(r'src="(?!cid:)', html.get_content()) == []


def test_every_page_finds_its_pictures_beside_it(news: Newsletter) -> None:
    folder = news.root / "build/2030-01"
    for file in folder.glob("*.html"):
        pictures = re.findall(r'src="([^"]+)"', file.read_text("utf-8"))
        assert pictures
        for picture in pictures:
            assert (folder / picture).is_file()


def test_a_made_up_reader_stands_in_the_slots(news: Newsletter) -> None:
    text = (news.root / "build/2030-01/full.txt").read_text("utf-8")

    assert "Dear Sam," in text
    assert not re.search(r"ann|ben|cat@", " ".join(text.split()), re.ASCII)


def test_what_an_earlier_build_left_is_removed(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    assert news.run(*BUILD, "--out", str(out)).code == 0
    assert (out / "20-dudley.html").exists()
    (news.root / "issues/2030-01/20-dudley.md").unlink()

    done = news.run(*BUILD, "--out", str(out), "--json")

    assert done.code == 0, done.err
    assert done.json == json.loads((out / "manifest.json").read_text("utf-8"))
    assert not (out / "20-dudley.html").exists()
    assert (out / "notes.txt").read_text() == "mine"
    assert not (news.root / "build").exists()


def test_content_with_errors_is_not_built(tmp_path: Path) -> None:
    news = newsletter(tmp_path / "news")
    news.write("issues/2030-01/10-hello.md", "---\nkind: txt\ntitle: T\n---\nWords.\n")

    done = news.run(*BUILD)

    assert done.code == 1
    assert done.names("issues/2030-01/10-hello.md:2: error"), done.err
    assert not (news.root / "build").exists()


def test_a_folder_that_cannot_be_written_is_told(news: Newsletter, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    done = news.run(*BUILD, "--out", str(blocked))

    assert done.code == 1
    assert str(blocked) in done.err
