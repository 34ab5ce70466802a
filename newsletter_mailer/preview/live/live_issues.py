"""All live issues, and the one thread that reads files, composes and checks for them."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Collection
from functools import partial

from newsletter_mailer.campaign.project import Project
from newsletter_mailer.preview.live.live_issue import LiveIssue

#: Called with an issue and what is new of it: "shown", "readers" or "checked".
Tell = Callable[[str, str], None]

_HEAD_START = 0.3  #: seconds that the pages have to themselves after a change


class LiveIssues:
    """Use it as a context manager: its thread ends with it."""

    def __init__(
        self,
        open_project: Callable[[], Project],
        tell: Tell = lambda issue, news: None,
        complain: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`complain` is handed the trace of what should not happen."""
        self._open_project, self._tell, self._complain = open_project, tell, complain
        self._issues: dict[str, LiveIssue] = {}
        self._waiting: dict[str, None] = {}  #: issues to be read, in the order of asking
        self._outdated: set[str] = set()  #: issues to be read when somebody looks at them again
        self._wake = threading.Condition()
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="live-issues", daemon=True)

    def __enter__(self) -> LiveIssues:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._wake:
            self._is_open = False
            self._wake.notify()
        self._thread.join()
        for live in self._issues.values():
            live.close()

    def issue(self, issue_id: str) -> LiveIssue:
        """One issue; it is read as soon as the thread is free, if it has to be."""
        with self._wake:
            if issue_id not in self._issues:
                self._issues[issue_id] = LiveIssue(
                    issue_id, self._open_project, lambda news: self._tell(issue_id, news)
                )
                self._outdated.add(issue_id)
            if issue_id in self._outdated:
                self._outdated.discard(issue_id)
                self._waiting[issue_id] = None
                self._wake.notify()
            return self._issues[issue_id]

    def note_change(self, looked_at: Collection[str]) -> None:
        """Files changed. The issues that somebody looks at are read again at once."""
        with self._wake:
            for issue_id in self._issues:
                if issue_id in looked_at:
                    self._waiting[issue_id] = None
                else:
                    self._outdated.add(issue_id)
            self._wake.notify()

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or not self._is_open)
                if not self._is_open:
                    return
                issue_id = next(iter(self._waiting))
                del self._waiting[issue_id]
                live = self._issues[issue_id]
            try:
                live.refresh(
                    partial(self._is_stale, issue_id), partial(self._let_pages_draw, issue_id)
                )
            except Exception as fault:  # noqa: BLE001  # a mistake of ours: the page goes on
                self._complain(traceback.format_exc())
                live.break_off(fault)

    def _let_pages_draw(self, issue_id: str) -> None:
        """Python runs one thread at a time: what is not looked at waits while pages ask."""
        with self._wake:
            self._wake.wait_for(lambda: self._is_stale(issue_id), _HEAD_START)

    def _is_stale(self, issue_id: str) -> bool:
        return issue_id in self._waiting or not self._is_open
