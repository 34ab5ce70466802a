"""A picture is what its own bytes say, and lies inside its folder."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from newsletter_mailer.issue.pictures import HEAVIEST, BadPicture, is_local_path, read_picture
from newsletter_mailer.text_cache import Memory


def drawn(form: str, size: tuple[int, int] = (600, 300), mode: str = "RGB", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, form, **more)
    return written.getvalue()


def with_size(png: bytes, width: int, height: int) -> bytes:
    """A PNG whose header promises other sides than its points have."""
    header = b"IHDR" + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


def turned() -> bytes:
    """As a telephone held upright writes it: the sensor's points, and that they lie on the side."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return drawn("JPEG", exif=exif)


PNG = drawn("PNG")
GIF = drawn("GIF", (10, 5), "P")
TWO_IN_ONE = drawn("MPO", save_all=True, append_images=[Image.new("RGB", (600, 300))])


@pytest.mark.parametrize(
    ("name", "content", "subtype", "width", "height"),
    [
        ("a.png", PNG, "png", 600, 300),
        ("b.gif", GIF, "gif", 10, 5),
        ("c.jpg", PNG, "png", 600, 300),
        ("d.jpg", drawn("JPEG", mode="CMYK"), "jpeg", 600, 300),
        ("e.jpg", turned(), "jpeg", 600, 300),
        ("f.jpg", TWO_IN_ONE, "jpeg", 600, 300),
        ("g.png", PNG[:-40], "png", 600, 300),
        ("h.png", with_size(PNG, 9000, 9000), "png", 9000, 9000),
    ],
)
def test_the_bytes_say_what_it_is(
    name: str, content: bytes, subtype: str, width: int, height: int
) -> None:
    picture = read_picture(f"images/{name}", content)

    assert (picture.subtype, picture.width, picture.height) == (subtype, width, height)
    assert picture.name == name


def test_pillow_waits_until_a_picture_is_looked_at() -> None:
    code = (
        "import sys\n"
        "from newsletter_mailer.check.rules import dark_mode, pictures\n"
        "print('PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a PNG, JPEG or GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG or GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "not a PNG, JPEG or GIF"),
        (drawn("AVIF"), "not a PNG, JPEG or GIF"),
        (drawn("BMP"), "not a PNG, JPEG or GIF"),
        (b"<html>", "not a PNG, JPEG or GIF"),
        (b"MZ\x90\0", "not a PNG, JPEG or GIF"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"GIF89a", "damaged"),
        (b"GIF89a\0\0\0\0\0\0\0;", "damaged"),
        (PNG[:30], "damaged"),
        (with_size(PNG, 0, 300), "damaged"),
        (with_size(PNG, 10_000, 10_000), "so many pixels"),
        (with_size(PNG, 2**31 - 1, 2**31 - 1), "so many pixels"),
        (PNG + b"\0" * HEAVIEST, "Save it smaller"),
    ],
    ids=range(16),
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


def test_threads_that_read_pictures_leave_the_warnings_as_they_were() -> None:
    """The preview composes in threads."""
    before, interval = [*warnings.filters], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: read_picture("a.png", PNG, Memory()), range(600)))
    finally:
        sys.setswitchinterval(interval)

    assert [*warnings.filters] == before
