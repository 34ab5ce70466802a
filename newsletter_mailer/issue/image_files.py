"""Image files are opened here and nowhere else, by Pillow."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "GIF")
_MAY_MOVE = ("PNG", "GIF")  #: a camera's JPEG may hold a second picture, which nobody shows
#: The filters of warnings are the process's: threads that change them take turns.
_WARNINGS = RLock()
#: What Pillow raises for bytes that are no image, or break off, or contradict themselves.
_DAMAGED = (
    OSError, EOFError, ValueError, SyntaxError, LookupError, TypeError, struct.error, zlib.error,
)  # fmt: skip


class UnreadableImage(ValueError):
    """Its size or its points cannot be told."""


class DamagedImage(UnreadableImage):
    """Its bytes are not those of a PNG, JPEG or GIF, or not all of them."""


class TooManyPixels(UnreadableImage):
    """More than 89 million: a quarter of a gigabyte in every reader's memory, or a trap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What the bytes of an image say before its points."""

    width: int  #: pixels of the file
    height: int
    is_animated: bool  #: more than one frame; False for what breaks off before the second
    is_for_print: bool  #: the four colours of print (CMYK), not the three of screens
    has_transparency: bool  #: it may have transparent parts: a channel or a colour for them


def image_header(content: bytes) -> ImageHeader:
    """Raises UnreadableImage."""
    with opened_image(content) as image:
        width, height = image.size
        return ImageHeader(
            width=width,
            height=height,
            is_for_print=image.mode == "CMYK",
            has_transparency=image.has_transparency_data,
            is_animated=image.format in _MAY_MOVE and _is_animated(image),
        )


@contextmanager
def opened_image(content: bytes) -> Iterator[Image]:
    """The image, its header read; its points are decoded when they are asked for.

    Its size is that of the file: what a camera says about its orientation is not followed, as
    classic Outlook does not follow it either. Raises UnreadableImage, also from within the block.
    """
    from PIL.Image import DecompressionBombError, DecompressionBombWarning
    from PIL.Image import open as image_in

    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", DecompressionBombWarning)
        try:
            with image_in(io.BytesIO(content), formats=_FORMATS) as image:
                yield image
        except (DecompressionBombWarning, DecompressionBombError):
            raise TooManyPixels from None
        except _DAMAGED:
            raise DamagedImage from None


def _is_animated(image: Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except _DAMAGED:
        return False
