"""A picture is what its own bytes say, and lies inside its folder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter_mailer.issue.pictures import HEAVIEST, BadPicture, is_local_path, read_picture

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x58\0\0\x01\x2c\x08\x02\0\0\0" + b"\0" * 4
)  # 600 by 300 pixels
GIF = b"GIF89a\x0a\0\x05\0\0\0\0;"


@pytest.mark.parametrize(
    ("name", "content", "subtype", "width", "height"),
    [
        ("a.png", PNG, "png", 600, 300),
        ("b.gif", GIF, "gif", 10, 5),
        ("c.jpg", PNG, "png", 600, 300),
    ],
)
def test_the_bytes_say_what_it_is(
    name: str, content: bytes, subtype: str, width: int, height: int
) -> None:
    picture = read_picture(f"images/{name}", content)

    assert (picture.subtype, picture.width, picture.height) == (subtype, width, height)
    assert picture.name == name


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a PNG, JPEG or GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG or GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "not a PNG, JPEG or GIF"),
        (b"<html>", "not a PNG, JPEG or GIF"),
        (b"MZ\x90\0", "not a PNG, JPEG or GIF"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"GIF89a", "damaged"),
        (b"GIF89a\0\0\0\0\0\0\0;", "damaged"),
        (PNG + b"\0" * HEAVIEST, "Save it smaller"),
    ],
    ids=range(10),
)
def test_what_cannot_be_mailed_is_told(content: bytes, says: str) -> None:
    with pytest.raises(BadPicture, match=says):
        read_picture("images/a.png", content)


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b""]), st.binary())
def test_any_bytes_are_a_picture_or_told_never_a_crash(start: bytes, rest: bytes) -> None:
    try:
        picture = read_picture("images/a.png", start + rest)
    except BadPicture:
        return
    assert picture.width > 0
    assert picture.height > 0


@pytest.mark.parametrize(
    ("path", "is_local"),
    [
        ("images/a.png", True),
        ("a.png", True),
        ("images/a b (1).png", True),
        ("images/..a.png", True),
        ("", False),
        ("..", False),
        ("../a.png", False),
        ("images/../../a.png", False),
        ("/etc/passwd", False),
        ("//server/share/a.png", False),
        ("C:/a.png", False),
        ("C:a.png", False),
        ("images\\..\\a.png", False),
        ("\\\\server\\a.png", False),
        ("https://example.org/a.png", False),
        ("data:image/png;base64,AA", False),
        ("images/a.png\0", False),
    ],
)
def test_a_path_stays_inside_its_folder(path: str, is_local: bool) -> None:
    assert is_local_path(path) == is_local
