"""In which colours a picture with transparent parts is drawn."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from newsletter_mailer.check.look.colours import Colour
from newsletter_mailer.issue.pictures import Picture

_GREY_AND_ALPHA, _COLOUR_AND_ALPHA = 4, 6  #: colour types of PNG with an opacity for each point
_PALETTE = 3
_CHANNELS = {_GREY_AND_ALPHA: 2, _COLOUR_AND_ALPHA: 4}
_MOST = 1_000_000  #: octets of points that are looked at: half a second's work
_SEEN = 128  #: opacity, of 255, from which on a point counts
_GIF_TRANSPARENT = b"\x21\xf9\x04"  #: begins a graphic control extension (GIF89a, section 23)


def has_transparent_parts(picture: Picture) -> bool:
    if picture.subtype == "gif":
        at = picture.content.find(_GIF_TRANSPARENT)
        return 0 <= at < len(picture.content) - 3 and bool(picture.content[at + 3] & 1)
    if picture.subtype != "png":
        return False
    chunks = _chunks(picture.content)
    return chunks.get(b"IHDR", b"")[9:10] in (b"\x04", b"\x06") or b"tRNS" in chunks


@lru_cache(maxsize=64)
def drawn_colours(picture: Picture) -> Mapping[Colour, int] | None:
    """The colours of the points that are not transparent, and how many there are of each.

    Of a PNG with a palette each colour counts once. None where they cannot be told: another
    format, 16 bits, interlaced, large, or damaged.
    """
    if picture.subtype != "png":
        return None
    chunks = _chunks(picture.content)
    try:
        width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        if kind == _PALETTE:
            return _of_palette(chunks[b"PLTE"], chunks.get(b"tRNS", b""))
        if depth != 8 or interlaced or kind not in _CHANNELS:
            return None
        channels = _CHANNELS[kind]
        length = (1 + width * channels) * height
        if length > _MOST:
            return None
        rows = zlib.decompressobj().decompress(chunks[b"IDAT"], length)
        points: Counter[tuple[int, ...]] = Counter()
        if len(rows) < length:
            return None
        for row in _unfiltered(rows, width * channels, channels):
            points.update(
                zip(*(row[channel::channels] for channel in range(channels)), strict=True)
            )
    except (KeyError, struct.error, zlib.error):
        return None
    return _seen(points)


def _chunks(png: bytes) -> dict[bytes, bytes]:
    """Their contents by their names, those of one name joined (PNG, section 5.3)."""
    found: dict[bytes, bytes] = {}
    at = 8
    while len(png) >= at + 12:
        length, name = struct.unpack_from(">I4s", png, at)
        found[name] = found.get(name, b"") + png[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def _of_palette(colours: bytes, opacities: bytes) -> Mapping[Colour, int]:
    points = zip(colours[::3], colours[1::3], colours[2::3], strict=False)
    opaque = opacities.ljust(len(colours) // 3, b"\xff")
    return _seen(Counter((*point, opacity) for point, opacity in zip(points, opaque, strict=False)))


def _seen(points: Mapping[tuple[int, ...], int]) -> Mapping[Colour, int]:
    found: Counter[Colour] = Counter()
    for (*channels, opacity), count in points.items():
        if opacity >= _SEEN:
            red, green, blue = channels if len(channels) == 3 else channels * 3
            found[Colour(red / 255, green / 255, blue / 255)] += count
    return found


def _unfiltered(rows: bytes, length: int, step: int) -> Iterator[bytes]:
    """The rows as they were before PNG made them easier to compress (section 9.2).

    `step`: octets of a point.
    """
    above = bytes(length)
    for at in range(0, len(rows), length + 1):
        row = bytearray(rows[at + 1 : at + 1 + length])
        _unfilter(rows[at], row, above, step)
        above = bytes(row)
        yield above


def _unfilter(kind: int, row: bytearray, above: bytes, step: int) -> None:
    """In place. `kind`: none, sub, up, average, Paeth."""
    for at in range(len(row) if kind else 0):
        left = row[at - step] if at >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = above[at]
        elif kind == 3:
            guess = (left + above[at]) // 2
        else:
            guess = _paeth(left, above[at], above[at - step] if at >= step else 0)
        row[at] = (row[at] + guess) & 0xFF


def _paeth(left: int, above: int, corner: int) -> int:
    """That of the three to which left + above - corner is nearest (PNG, section 9.4)."""
    by_left, by_above = abs(above - corner), abs(left - corner)
    by_corner = abs(left + above - 2 * corner)
    if by_left <= by_above and by_left <= by_corner:
        return left
    return above if by_above <= by_corner else corner
