"""What was read and composed before, in the project: a second `build` or `check` is quicker.

What is sent, signed off or mailed as a test is never made of it: who can write into the folder
could change it there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from newsletter_mailer import __version__
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.files.folder_cache import FolderCache
from newsletter_mailer.text_cache import Cache, Layered, Memory

_FOLDER = ".newsletter/cache"


def made_before(project: Project) -> Cache:
    """In `.newsletter/cache`, which may be thrown away; a project that is read-only has none.

    Nor has one where that is a link, or lies behind one: a folder elsewhere is for other things.
    """
    folder = project.root / _FOLDER
    if Path(os.path.realpath(folder)) != Path(os.path.realpath(project.root), _FOLDER):
        return Memory()
    return Layered(Memory(), FolderCache(folder, _made_by()))


def _made_by() -> str:
    """This program and all that is installed beside it: another one may compose otherwise."""
    installed: set[str] = set()
    for folder in sys.path:
        with suppress(OSError), os.scandir(folder) as there:
            installed.update(one.name for one in there if one.name.endswith("-info"))
    own = sorted(_modules_below(Path(__file__).parents[1]))
    return "\n".join([__version__, sys.version, *sorted(installed), *own])


def _modules_below(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Each with when it changed and how long it is. `rglob` takes three times as long for it."""
    with os.scandir(folder) as there:
        for one in there:
            if one.is_dir(follow_symlinks=False):
                yield from _modules_below(one.path)
            elif one.name.endswith(".py"):
                told = one.stat()
                yield f"{one.path} {told.st_mtime_ns} {told.st_size}"
