"""Whether a name that a file lists leads to a place in a folder, on every system."""

from __future__ import annotations

import re

#: Those that Windows has no file for: https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
#: A colon names a drive, or a stream of a file; a backslash is a slash.
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"\\|?*]')
#: Devices, in whatever folder and with whatever ending.
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE
)


def is_inside(name: str) -> bool:
    """`name` is a path in the folder, with forward slashes.

    Not: `/x` and `../x`; on Windows neither `C:/x` (which is that, wherever one stands), `C:x` (in
    the folder where that drive stands), `//host/share/x`, nor a name that ends in a dot or a blank
    (which are dropped, so that `.. ` is `..`).
    """
    return all(map(_is_name, name.split("/")))


def _is_name(part: str) -> bool:
    return (
        bool(part)
        and not part.endswith((".", " "))
        and _FORBIDDEN.search(part) is None
        and _DEVICE.fullmatch(part) is None
    )
