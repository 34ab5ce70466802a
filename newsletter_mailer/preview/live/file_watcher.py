"""Tells when files of the project change, a moment after the last of several changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from newsletter_mailer.campaign.project import WRITTEN_FILES, written_folders

_QUIET = 12  #: milliseconds without a change, after which it is told
_LONGEST = 200  #: milliseconds that changes in a row are waited for
_LOOK = 500  #: milliseconds between looks where the system does not tell of changes
_FOLDERS = written_folders()


class FileWatcher:
    """Use it as a context manager: its threads end with it."""

    def __init__(self, root: Path, changed: Callable[[], None]) -> None:
        """`changed` is called in a thread of ours."""
        self._root, self._changed = root, changed
        self._is_over = threading.Event()
        self._begin_anew = threading.Event()  #: a folder came or went
        self._threads = [
            threading.Thread(target=follow, name=f"watcher-{name}", daemon=True)
            for name, follow in (("top", self._follow_top), ("folders", self._follow_folders))
        ]

    def __enter__(self) -> FileWatcher:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._begin_anew.set()
        for thread in self._threads:
            thread.join()

    def _follow_top(self) -> None:
        """Settings, and whether the folders are there. What else lies there is none of ours."""

        def concerns(_change: Change, path: str) -> bool:
            return Path(path).name in (*WRITTEN_FILES, *_FOLDERS)

        for paths in _changes([self._root], self._is_over, concerns, is_deep=False):
            if any(path.name in _FOLDERS for path in paths):
                self._begin_anew.set()
            self._changed()

    def _follow_folders(self) -> None:
        while not self._is_over.is_set():
            self._begin_anew.clear()
            folders = [self._root / name for name in _FOLDERS if (self._root / name).is_dir()]
            if self._is_over.is_set():
                return
            for _ in _changes(folders, self._begin_anew, DefaultFilter()) if folders else ():
                self._changed()
            self._begin_anew.wait(None if not folders else _LOOK / 1000)


def _changes(
    places: Sequence[Path],
    stop: threading.Event,
    concerns: Callable[[Change, str], bool],
    *,
    is_deep: bool = True,
) -> Iterator[list[Path]]:
    """The paths of each burst of changes. Where the system cannot tell of them, it is looked."""
    by_looking = False
    while not stop.is_set():
        try:
            for burst in watch(
                *places,
                watch_filter=concerns,
                debounce=_LONGEST,
                step=_QUIET,
                stop_event=stop,
                recursive=is_deep,
                force_polling=by_looking or None,  # None: as the environment says
                poll_delay_ms=_LOOK,
            ):
                yield [Path(path) for _, path in burst]
        except OSError:
            if by_looking:
                return  # the folder is gone; whoever watches the one above it begins anew
            by_looking = True
