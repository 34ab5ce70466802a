"""Reads one picture of an issue or a template."""

from __future__ import annotations

import stat
from pathlib import Path

from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.files.text_file import leads_out
from newsletter_mailer.issue.pictures import (
    BadPicture,
    Picture,
    is_local_path,
    read_picture,
    refuse_heavy,
)
from newsletter_mailer.text_cache import OWN, Cache


def picture_file(
    folder: Path, path: str, where: str, cache: Cache = OWN, *, may_lead_out: bool = False
) -> Picture:
    """The picture at `path` inside the folder, `where` in words. Raises BadPicture.

    `cache`: of pictures that were read before. `may_lead_out`: it may be a link to elsewhere.
    """
    if not is_local_path(path):
        raise BadPicture(
            f'The picture "{path}" is not in {where}. Copy it to images/ there, '
            "and write images/name.png."
        )
    file = folder / path
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):
            raise FileNotFoundError
        if not may_lead_out and leads_out(file, folder):
            raise BadPicture(f'The picture "{path}" is a link that leads out of {where}.')
        refuse_heavy(path, about.st_size)
        return read_picture(path, file.read_bytes(), cache)
    except (FileNotFoundError, NotADirectoryError):
        there = [other.relative_to(folder).as_posix() for other in folder.glob("images/*")]
        hint = did_you_mean(path, there)
        raise BadPicture(
            f'The picture "{path}" does not exist in {where}. {hint}'.rstrip()
        ) from None
    except OSError as fault:
        raise BadPicture(f'The picture "{path}" cannot be read: {fault.strerror}.') from None
