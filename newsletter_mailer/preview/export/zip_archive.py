"""Files as one zip, the same for the same files. Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  #: the earliest that a zip can say
_MODE = 0o644 << 16  #: a file that everyone may read


def zip_archive(folder: str, files: Iterable[tuple[str, bytes]]) -> bytes:
    """All files by their paths, in one folder of that name: what it is unpacked to."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files:
            entry = zipfile.ZipInfo(f"{folder}/{name}", _LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _MODE
            archive.writestr(entry, octets)
    return content.getvalue()
