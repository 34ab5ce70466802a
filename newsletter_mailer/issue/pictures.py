"""Pictures: what a file is by its own first bytes, and whether mail clients show it."""

from __future__ import annotations

import dataclasses
import hashlib
import posixpath
from dataclasses import dataclass, field

from newsletter_mailer.issue.image_files import (
    DamagedImage,
    ImageHeader,
    TooManyPixels,
    image_header,
)
from newsletter_mailer.text_cache import OWN, Cache, kept_or_made, key_of, whole_number

HEAVIEST = 5 * 1024 * 1024  #: octets; above it a picture is an error, whatever it shows
#: Names of pictures end like this, also of those that cannot be mailed.
ENDINGS = frozenset(
    {
        ".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff",
        ".webp",
    }
)  # fmt: skip

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


class BadPicture(ValueError):
    """Not a picture that can be mailed. The text says why, as a sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture and what they are."""

    path: str  #: as the author wrote it, relative to the issue or template folder
    content: bytes
    subtype: str  #: of image/*: png, jpeg or gif
    header: ImageHeader
    digest: str = field(init=False, compare=False)  #: SHA-256 of the content, hexadecimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.content).hexdigest())

    @property
    def width(self) -> int:
        """Pixels of the file."""
        return self.header.width

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


def read_picture(path: str, content: bytes, cache: Cache = OWN) -> Picture:
    """The picture in these bytes. `cache`: of pictures that were read before. Raises BadPicture."""
    subtype = next((name for start, name in _SIGNATURES if content.startswith(start)), None)
    if subtype is None:
        raise BadPicture(
            f"{path} is not a PNG, JPEG or GIF file. Mail clients show no other pictures reliably."
        )
    refuse_heavy(path, len(content))
    try:
        header = _header(content, cache)
    except DamagedImage:
        raise BadPicture(
            f"{path} is damaged. Open it in a picture editor and save it anew, or ask for it again."
        ) from None
    except TooManyPixels:
        raise BadPicture(
            f"{path} has so many pixels that mail programs may fail to show it. Save it 1200 "
            "pixels wide."
        ) from None
    return Picture(path, content, subtype, header)


def _header(content: bytes, cache: Cache) -> ImageHeader:
    """Raises UnreadableImage."""
    key = key_of("header of an image", hashlib.sha256(content).hexdigest())
    return kept_or_made(
        cache,
        key,
        read=_header_from_json,
        make=lambda: image_header(content),
        write=dataclasses.asdict,
    )


def _header_from_json(written: object) -> ImageHeader:
    """Raises ValueError."""
    match written:
        case {
            "width": width,
            "height": height,
            "is_animated": bool(is_animated),
            "is_for_print": bool(is_for_print),
            "has_transparency": bool(has_transparency),
        }:
            return ImageHeader(
                width=whole_number(width),
                height=whole_number(height),
                is_animated=is_animated,
                is_for_print=is_for_print,
                has_transparency=has_transparency,
            )
    raise ValueError("not the header of an image")


def refuse_heavy(path: str, octets: int) -> None:
    """Raises BadPicture: before a file is read, for it may be larger than the memory."""
    if octets > HEAVIEST:
        raise BadPicture(f"{path} has {octets / 1e6:,.1f} MB. Save it smaller: 5 MB at most.")


def is_local_path(path: str) -> bool:
    """Whether a path stays inside its folder: relative, no `..`, no backslash, no scheme."""
    return (
        bool(path)
        and ":" not in path
        and "\\" not in path
        and "\0" not in path
        and not path.startswith("/")
        and ".." not in path.split("/")
    )
