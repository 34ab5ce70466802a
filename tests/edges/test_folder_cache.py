"""Texts that are kept in a folder: whole or not at all, for their owner, and not without end."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from newsletter_mailer.files import folder_cache
from newsletter_mailer.files.folder_cache import FolderCache

TEXT = "Grüße,\nund mehr\r\n"
HALVES = "halves of pairs: \ud800 \udcff"


@pytest.mark.parametrize("text", [TEXT, HALVES, ""])
def test_a_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    FolderCache(tmp_path / "a/b", "me").put("key", text)

    assert FolderCache(tmp_path / "a/b", "me").get("key") == text
    assert FolderCache(tmp_path / "a/b", "me").get("another") is None
    assert FolderCache(tmp_path / "a/b", "somebody else").get("key") is None


def test_a_later_text_takes_the_place(tmp_path: Path) -> None:
    cache = FolderCache(tmp_path, "me")
    cache.put("key", "one")
    cache.put("key", "two")

    assert cache.get("key") == "two"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    FolderCache(tmp_path / "cache", "me").put("key", TEXT)

    [file] = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [b"", b"\n", b"x", b"\xff" * 80])
def test_what_is_damaged_is_not_there(tmp_path: Path, damage: bytes) -> None:
    cache = FolderCache(tmp_path, "me")
    cache.put("key", TEXT)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()

    for content in (damage, whole[:-1], whole + b"x", whole.replace(b"mehr", b"Meer")):
        file.write_bytes(content)
        assert cache.get("key") is None
    cache.put("key", TEXT)
    assert cache.get("key") == TEXT


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
def test_what_is_no_file_is_not_there_and_nobody_waits_for_it(tmp_path: Path) -> None:
    cache = FolderCache(tmp_path, "me")
    cache.put("key", TEXT)
    [file] = tmp_path.iterdir()
    file.rename(tmp_path / "elsewhere")

    file.symlink_to(tmp_path / "elsewhere")
    assert cache.get("key") is None
    file.unlink()
    os.mkfifo(file)
    assert cache.get("key") is None
    cache.put("key", TEXT)
    assert cache.get("key") == TEXT


def test_a_folder_that_cannot_be_made_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = FolderCache(tmp_path / "file/cache", "me")

    cache.put("key", TEXT)

    assert cache.get("key") is None


def full(folder: Path) -> FolderCache:
    """Texts 0, 1, ... 19 in the order of their age, a thousand octets each."""
    cache = FolderCache(folder, "me")
    for number in range(20):
        cache.put(f"{number}", "x" * 1000)
        os.utime(cache._file(f"{number}"), (number, number))
    return cache


def left_after_making_room(folder: Path) -> list[int]:
    later = FolderCache(folder, "me", most=10_000)
    later.put("new", "x")
    assert later.get("new") == "x"
    return [number for number in range(20) if later.get(f"{number}")]


def test_the_oldest_make_room(tmp_path: Path) -> None:
    full(tmp_path)

    assert left_after_making_room(tmp_path) == [16, 17, 18, 19]


def test_what_was_asked_for_last_stays(tmp_path: Path) -> None:
    full(tmp_path).get("3")

    assert left_after_making_room(tmp_path) == [3, 17, 18, 19]


def test_what_was_left_half_written_makes_room_too(tmp_path: Path) -> None:
    half = full(tmp_path)._file("0").with_suffix(".text.4711")
    half.write_text("x" * 1000)
    os.utime(half, (0, 0))

    left_after_making_room(tmp_path)

    assert not half.exists()


def test_the_files_of_others_stay(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("notes.txt", "a" * 64, "b" * 64 + ".json", "c" * 70)]
    for other in others:
        other.write_text("mine" * 10_000)
        os.utime(other, (0, 0))
    full(tmp_path)

    assert left_after_making_room(tmp_path) == [16, 17, 18, 19]
    assert all(other.exists() for other in others)


def test_a_folder_that_cannot_be_used_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = []

    def fails(folder: Path) -> None:
        tries.append(folder)
        raise PermissionError

    monkeypatch.setattr(folder_cache, "make_private_folder", fails)
    cache = FolderCache(tmp_path / "cache", "me")
    for number in range(5):
        cache.put(f"{number}", TEXT)

    assert len(tries) == 1


def _write(folder: Path, text: str) -> None:
    cache = FolderCache(folder, "me")
    for _ in range(300):
        cache.put("key", text)
        assert cache.get("key") in ("a" * 10_000, "b" * 10_000)


def test_two_processes_never_see_half_a_text(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as both:
        for done in [both.submit(_write, tmp_path, letter * 10_000) for letter in "ab"]:
            done.result(60)

    assert len(list(tmp_path.iterdir())) == 1
