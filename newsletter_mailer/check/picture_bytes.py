"""What a picture's own bytes say of it: whether it moves, whether it is meant for print."""

from __future__ import annotations

from newsletter_mailer.issue.pictures import Picture

_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C
_GIF_COLOURS = 0x80  #: there is a table of colours, 3 << (1 + the lowest three bits) octets long
#: Frame headers of JPEG (ITU-T T.81, table B.1): SOF0 to SOF15, without DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})  #: markers without a length


def is_animated(picture: Picture) -> bool:
    """Whether it is a GIF or PNG of more than one frame. False for what breaks off before."""
    if picture.subtype == "gif":
        return _has_two_images(picture.content)
    return picture.subtype == "png" and _has_animation_control(picture.content)


def is_for_print(picture: Picture) -> bool:
    """Whether it is a JPEG with the four colours of print (CMYK), not the three of screens."""
    return picture.subtype == "jpeg" and _jpeg_channels(picture.content) == 4


def _has_two_images(gif: bytes) -> bool:
    images = 0
    try:
        at = 13 + _colours(gif[10])
        while True:
            if gif[at] == _GIF_EXTENSION:
                at = _after_blocks(gif, at + 2)
            elif gif[at] == _GIF_IMAGE:
                images += 1
                if images == 2:
                    return True
                at = _after_blocks(gif, at + 11 + _colours(gif[at + 9]))
            else:
                return False
    except IndexError:
        return False


def _colours(flags: int) -> int:
    return 3 << (1 + (flags & 7)) if flags & _GIF_COLOURS else 0


def _after_blocks(gif: bytes, at: int) -> int:
    """Where a chain of blocks ends. Each begins with its length; the last one has none."""
    while gif[at]:
        at += 1 + gif[at]
    return at + 1


def _has_animation_control(png: bytes) -> bool:
    """A chunk acTL stands before the first IDAT (PNG, third edition, section 11.3.6.1)."""
    at = 8
    while (name := png[at + 4 : at + 8]) not in (b"IDAT", b""):
        if name == b"acTL":
            return True
        at += 12 + int.from_bytes(png[at : at + 4])
    return False


def _jpeg_channels(jpeg: bytes) -> int:
    """How many colours a point has; 0 where that is not said."""
    at = 2
    while at + 9 < len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in _JPEG_FRAMES:
            return jpeg[at + 9]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        else:
            at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return 0
