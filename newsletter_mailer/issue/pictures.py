"""Pictures: what a file is by its own first bytes, and whether mail clients show it."""

from __future__ import annotations

import hashlib
import io
import posixpath
from dataclasses import dataclass, field

import imagesize

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
    width: int  #: pixels of the file
    height: int
    digest: str = field(init=False, compare=False)  #: SHA-256 of the content, hexadecimal

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.content).hexdigest())

    @property
    def name(self) -> str:
        return posixpath.basename(self.path)


def read_picture(path: str, content: bytes) -> Picture:
    """The picture in these bytes. Raises BadPicture."""
    subtype = next((name for start, name in _SIGNATURES if content.startswith(start)), None)
    if subtype is None:
        raise BadPicture(
            f"{path} is not a PNG, JPEG or GIF file. Mail clients show no other pictures reliably."
        )
    refuse_heavy(path, len(content))
    try:
        width, height = imagesize.get(io.BytesIO(content))
    except (ValueError, OSError, IndexError, EOFError):
        width = height = -1
    if width <= 0 or height <= 0:
        raise BadPicture(f"{path} is damaged: it does not say how large it is.")
    return Picture(path, content, subtype, int(width), int(height))


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
