"""What the page can do beyond looking: send one test mail, and approve. It is handed no list."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol  # Any: JSON

from newsletter_mailer.address import BadAddress, mailbox
from newsletter_mailer.campaign.approval_state import sign_off
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.errors import ContentError, NewsletterError
from newsletter_mailer.findings import Severity
from newsletter_mailer.issue.content_hash import ContentHash
from newsletter_mailer.store.states import State

if TYPE_CHECKING:  # what sends need not be there before the page is
    from newsletter_mailer.campaign.approve import Approved
    from newsletter_mailer.campaign.send_test import TestMail

_MOST_TESTS, _PERIOD = 5, 60.0  #: in so many seconds
_LONGEST = 300  #: characters of what a page sends as one value


class SendTest(Protocol):
    """campaign.send_test.send_test."""

    def __call__(
        self,
        project: Project,
        issue_id: str,
        addresses: list[str],
        /,
        *,
        as_subscriber: str | None,
        only_variant: str | None,
        to_sandbox: bool,
    ) -> list[TestMail]: ...


class Approve(Protocol):
    """campaign.approve.approve."""

    def __call__(
        self, project: Project, issue_id: str, by: str, now: datetime, /, *, seen: str | None
    ) -> Approved: ...


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of it, as a sentence for the page."""

    is_done: bool
    words: str

    def as_json(self) -> dict[str, object]:
        return {"done": self.is_done, "words": self.words}


class Actions:
    """Called by any thread. Nothing is raised for what a person or the mail server got wrong."""

    def __init__(
        self,
        open_project: Callable[[], Project],
        send_test: SendTest,
        approve: Approve,
        *,
        to_sandbox: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`to_sandbox`: test mails go into outbox/, to nobody."""
        self._open_project, self._to_sandbox, self._clock = open_project, to_sandbox, clock
        self._send_test, self._approve = send_test, approve
        self._one_at_a_time = threading.Lock()
        self._sent_at: deque[float] = deque(maxlen=_MOST_TESTS)

    def possible(self, issue_id: str) -> Mapping[str, object]:
        """Whether a test can be sent, and through what; or what to do for it."""
        try:
            way = self._way(self._open_project(), issue_id)
        except NewsletterError as fault:
            return {"ready": False, "words": str(fault)}
        return {"ready": True, "words": f"Through {way}."}

    def send_test(self, issue_id: str, asked: Mapping[str, Any]) -> ActionResult:
        """`asked`: `address`, and `variant` or `subscriber` (an address of the lists)."""
        if not self._one_at_a_time.acquire(blocking=False):
            return ActionResult(False, "A test is on its way already.")
        try:
            return self._sent(issue_id, asked)
        except ContentError as stopped:
            return ActionResult(False, f"{_counted_errors(stopped)} Nothing was sent.")
        except NewsletterError as fault:
            return ActionResult(False, str(fault))
        finally:
            self._one_at_a_time.release()

    def approve(self, issue_id: str, asked: Mapping[str, Any]) -> ActionResult:
        """`asked`: `by`, and `seen`, the content hash of what the page shows."""
        by, seen = _text(asked, "by"), _text(asked, "seen")
        try:
            if not by.strip():
                return ActionResult(False, "Write the name of who approves it.")
            approved = self._approve(
                self._open_project(), issue_id, by, datetime.now(UTC), seen=seen
            )
        except ContentError as stopped:
            return ActionResult(False, f"{_counted_errors(stopped)} Nothing was approved.")
        except NewsletterError as fault:
            return ActionResult(False, str(fault))
        return ActionResult(True, f"Approved by {approved.approval.in_words()}.")

    def _sent(self, issue_id: str, asked: Mapping[str, Any]) -> ActionResult:
        try:
            address = mailbox(_text(asked, "address").strip(" "))
        except BadAddress as fault:
            return ActionResult(
                False, f"That is not one e-mail address: {fault}.{fault.suggestion}"
            )
        subscriber, variant = _text(asked, "subscriber"), _text(asked, "variant")
        if not (subscriber or variant):  # that would ask for every version
            return ActionResult(False, "Say which version, or whose. Nothing was sent.")
        project = self._open_project()
        way = self._way(project, issue_id)
        now = self._clock()
        if len(self._sent_at) == _MOST_TESTS and now - self._sent_at[0] < _PERIOD:
            wait = round(self._sent_at[0] + _PERIOD - now) or 1
            return ActionResult(
                False, f"That was {_MOST_TESTS} tests in a minute. Wait {wait} seconds."
            )
        self._sent_at.append(now)
        (mail,) = self._send_test(
            project,
            issue_id,
            [address],
            as_subscriber=subscriber or None,
            only_variant=variant or None,
            to_sandbox=self._to_sandbox,
        )
        return ActionResult(mail.outcome.state is State.SENT, _became(mail, way))

    def _way(self, project: Project, issue_id: str) -> str:
        """Raises ProjectError where there is none."""
        if self._to_sandbox:
            outbox = project.outbox(issue_id).relative_to(project.root).as_posix()
            return f"the sandbox, into {outbox}, to nobody"
        return project.transport_settings(issue_id, to_sandbox=False).where


def approval_json(
    project: Project, issue_id: str, content: ContentHash, now: datetime
) -> Mapping[str, object]:
    """How the issue stands, and the content hash to be sent with an approval of it."""
    return {
        **sign_off(project, issue_id, content, now).as_json(),
        "required": project.settings.require_approval,
        "seen": content.total,
    }


def _became(mail: TestMail, way: str) -> str:
    outcome = mail.outcome
    answer = " ".join(filter(None, [str(outcome.code or ""), outcome.reply]))
    said = f" The server said: {answer}." if answer else ""
    match outcome.state:
        case State.SENT:
            return f"Sent to {mail.address} through {way}.{said}"
        case State.REFUSED:
            return f"The server refused the mail to {mail.address}.{said} {mail.means}".rstrip()
        case State.UNKNOWN:
            return f"The line broke: it is not known whether {mail.address} will get it.{said}"
        case _:
            off = f"The server put the mail to {mail.address} off; it was not sent.{said}"
            return f"{off} {mail.means}".rstrip()


def _counted_errors(stopped: ContentError) -> str:
    errors = sum(one.severity is Severity.ERROR for one in stopped.findings)
    if errors == 1:
        return "An error has to be mended first."
    return f"{errors} errors have to be mended first."


def _text(asked: Mapping[str, Any], name: str) -> str:
    """A value of the page's; anything but a short text is none."""
    value = asked.get(name)
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
