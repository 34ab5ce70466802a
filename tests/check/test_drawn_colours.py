"""A picture's points are read as Pillow reads them, and no file breaks the reading."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from newsletter_mailer.check.look.drawn_colours import drawn_colours
from newsletter_mailer.issue.pictures import BadPicture, Picture, read_picture


def noise(mode: str, size: tuple[int, int] = (37, 23)) -> Image.Image:
    """Flat, shaded and speckled parts."""
    chance = random.Random(7)
    image = Image.new("RGBA", size)
    for x in range(size[0]):
        for y in range(size[1]):
            shade = (
                x * 7 % 256,
                y * 11 % 256,
                (x + y) * 5 % 256,
                chance.choice((0, 100, 128, 255)),
            )
            speckle = (*(chance.randrange(256) for _ in range(3)), 255)
            image.putpixel((x, y), (20, 30, 60, 255) if y < 5 else shade if y < 15 else speckle)
    return image if mode == "RGBA" else image.convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> Picture:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return read_picture("images/a.png", file.getvalue())


def filtered(kind: int, width: int = 11, height: int = 7) -> Picture:
    """A PNG whose rows all have one filter, from none to Paeth, over noise."""
    chance = random.Random(kind)
    rows = b"".join(bytes([kind]) + chance.randbytes(width * 4) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return read_picture("images/a.png", b"\x89PNG\r\n\x1a\n" + content)


@pytest.mark.parametrize(
    "picture",
    [saved(noise("RGBA")), saved(noise("LA")), *map(filtered, range(5))],
    ids=["RGBA", "LA", "none", "sub", "up", "average", "Paeth"],
)
def test_points_are_counted_as_pillow_sees_them(picture: Picture) -> None:
    image = Image.open(io.BytesIO(picture.content)).convert("RGBA")
    points = [image.getpixel((x, y)) for x in range(image.width) for y in range(image.height)]
    expected = Counter(point[:3] for point in points if point[3] >= 128)  # type: ignore[index]  # four channels

    found = drawn_colours(picture)

    assert found is not None
    assert {tuple(round(c * 255) for c in one[:3]): n for one, n in found.items()} == expected


def test_a_palette_is_read_without_what_is_transparent() -> None:
    image = Image.new("P", (4, 4))
    image.putpalette([255, 255, 255, 20, 30, 60, 200, 0, 0, 0, 255, 0])
    image.putdata([0] * 8 + [1] * 5 + [2] * 3)

    found = drawn_colours(saved(image, transparency=bytes([0, 255, 127])))

    assert found is not None
    assert {str(one): count for one, count in found.items()} == {"#141e3c": 5}


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (saved(noise("RGBA")), True),
        (saved(noise("LA")), True),
        (saved(Image.new("P", (4, 4)), transparency=0), True),
        (saved(Image.new("P", (4, 4))), False),
        (saved(noise("RGB")), False),
        (saved(noise("L")), False),
        (saved(noise("RGB"), "JPEG"), False),
        (saved(Image.new("P", (4, 4)), "GIF", transparency=0), True),
        (saved(Image.new("P", (4, 4)), "GIF"), False),
    ],
)
def test_what_has_transparent_parts(picture: Picture, expected: bool) -> None:
    assert picture.header.has_transparency is expected


@pytest.mark.parametrize(
    "picture",
    [
        saved(Image.new("RGBA", (800, 800))),  # large
        saved(Image.new("P", (4, 4)), "GIF", transparency=0),
    ],
    ids=["large", "gif"],
)
def test_what_is_not_looked_at_is_not_known(picture: Picture) -> None:
    assert drawn_colours(picture) is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damaged_file_breaks_it(data: st.DataObject) -> None:
    content = bytearray(saved(noise("RGBA", (9, 5))).content)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))

    with suppress(BadPicture):
        drawn_colours(read_picture("a", bytes(content[:cut])))
