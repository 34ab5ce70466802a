"""Heavy pictures are found in one mail and alone; their bytes say what they are."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.pictures import BadPicture, read_picture
from newsletter_mailer.text_cache import Memory
from tests.check.test_pairs import findings, place

SECTION = """\
---
kind: text
title: The new room
---

What it looks like:

"""
MEGABYTE = 1024 * 1024


@cache
def drawn(form: str, frames: int = 1, mode: str = "RGB", **options: bool) -> bytes:
    """A small picture, each frame another grey."""
    images = [Image.new(mode, (600, 8), (60 * n,) * len(mode)) for n in range(frames)]
    written = io.BytesIO()
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(written, form, **more, **options)
    return written.getvalue()


def weighed(folder: Path, sizes: dict[str, int]) -> list[tuple[str, Severity, str]]:
    """What is said of an issue that shows pictures of so many octets, one a line from line 8 on."""
    issue = folder / "overlay" / "issues" / "2030-01"
    (issue / "images").mkdir(parents=True)
    for name, size in sizes.items():
        content = drawn("GIF" if name.endswith("gif") else "PNG")
        (issue / "images" / name).write_bytes(content.ljust(size, b"\0"))
    shown = "".join(f"![Chairs around a table](images/{name})\n" for name in sizes)
    (issue / "40-room.md").write_text(SECTION + shown, "utf-8")
    found = [one for one in findings(folder, folder / "overlay") if one.rule == "image-weight"]
    return [(place(one), one.severity, numbers(one)) for one in found]


def numbers(finding: Finding) -> str:
    return " ".join(re.findall(r"[\d.]+ MB", finding.message))


def test_a_picture_of_a_megabyte_is_too_heavy(tmp_path: Path) -> None:
    found = weighed(tmp_path, {"a.png": MEGABYTE, "b.gif": MEGABYTE + 400_000})

    assert found == [
        ("issues/2030-01/40-room.md:8:26", Severity.WARNING, "1.0 MB"),
        ("issues/2030-01/40-room.md:9:26", Severity.WARNING, "1.4 MB"),
    ]


def test_a_picture_of_half_a_megabyte_is_mentioned(tmp_path: Path) -> None:
    found = weighed(tmp_path, {"a.png": MEGABYTE // 2, "b.png": 400_000})

    assert [(where, severity) for where, severity, _ in found] == [
        ("issues/2030-01/40-room.md:8:26", Severity.INFO)
    ]


def test_pictures_that_are_light_alone_are_too_heavy_together(tmp_path: Path) -> None:
    found = weighed(tmp_path, {f"{n}.png": 350_000 for n in range(4)})

    assert found == [("issues/2030-01/issue.toml:1", Severity.WARNING, "1.4 MB")]


def test_a_heavy_picture_is_named_once(tmp_path: Path) -> None:
    found = weighed(tmp_path, {"a.png": 2 * MEGABYTE, "b.png": 500_000, "c.png": 500_000})

    assert [where for where, _, _ in found] == ["issues/2030-01/40-room.md:8:26"]


@pytest.mark.parametrize(
    ("content", "subtype", "moves", "is_printed"),
    [
        (drawn("GIF"), "gif", False, False),
        (drawn("GIF", frames=2), "gif", True, False),
        (drawn("GIF", frames=9, mode="L"), "gif", True, False),
        (drawn("PNG"), "png", False, False),
        (drawn("PNG", frames=2), "png", True, False),
        (drawn("PNG", frames=2)[:-60], "png", True, False),
        (drawn("GIF", frames=2)[:100], "gif", False, False),
        (drawn("MPO", frames=2), "jpeg", False, False),
        (drawn("JPEG"), "jpeg", False, False),
        (drawn("JPEG", mode="L"), "jpeg", False, False),
        (drawn("JPEG", mode="CMYK"), "jpeg", False, True),
        (drawn("JPEG", mode="CMYK", progressive=True), "jpeg", False, True),
    ],
)
def test_what_the_bytes_say(content: bytes, subtype: str, moves: bool, is_printed: bool) -> None:
    picture = read_picture("a", content, Memory())

    assert picture.subtype == subtype
    assert (picture.header.is_animated, picture.header.is_for_print) == (moves, is_printed)


@pytest.mark.parametrize("subtype", ["gif", "png", "jpeg"])
@given(cut=st.integers(0, 400), noise=st.binary(max_size=40))
def test_broken_bytes_say_something_too(subtype: str, cut: int, noise: bytes) -> None:
    content = drawn(subtype.upper(), frames=1 if subtype == "jpeg" else 2)
    with suppress(BadPicture):
        picture = read_picture("a", content[:cut] + noise, Memory())

        assert picture.subtype == subtype
