"""Asks the web whether the links of an issue lead anywhere: politely, and each one once a day."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from newsletter_mailer import __version__
from newsletter_mailer.check.addresses.targets import web_target
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.link_targets import link_targets
from newsletter_mailer.check.evidence.web.answer import UNDECIDED, Answer
from newsletter_mailer.check.evidence.web.link_cache import LinkCache
from newsletter_mailer.check.evidence.web.public_http import (
    NoAnswer,
    PublicHttp,
    Refused,
    Reply,
    TooLate,
)

USER_AGENT = f"newsletter-mailer/{__version__} (link check)"
_MOST_REDIRECTS = 5
_AT_ONCE = 8  #: hosts that are asked at the same time
_PAUSE = 1.0  #: seconds between two requests to one host
_MOST_TIMEOUTS = 2  #: of one host, whose other links are not asked then
_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)


def reached(
    context: CheckContext, folder: Path, note: Callable[[str], None], asker: Asker | None = None
) -> Mapping[str, Answer]:
    """What the web says to every link that is the same for all readers, by its target.

    `folder`: where answers are kept. `note`: one line for each link that is asked.
    """
    targets: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for link in link_targets(context):
        target = link.web
        if target is None or target.is_local or target.is_example:
            continue  # other rules say what is wrong with it
        if link.is_for_each_reader:
            left_out[link.target] = None
        else:
            targets[link.target] = None
    if left_out:
        links = "1 link differs" if len(left_out) == 1 else f"{len(left_out)} links differ"
        note(f"{links} from reader to reader (merge fields), and cannot be asked.")
    cache = LinkCache(folder, note)
    known = cache.known(time.time())
    asker = asker or Asker(PublicHttp(user_agent=USER_AGENT), note)
    answers = asker.answers([*targets], known)
    if any(answer.status for answer in answers.values()):
        cache.keep(answers, time.time())
    elif len({urlsplit(target).hostname for target in answers}) > 1:
        note("No link could be reached at all: is this computer online?")
        return {target: replace(one, is_undecided=True) for target, one in answers.items()}
    return answers


@dataclass(slots=True)
class _Host:
    """One question at a time, and a pause after each."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0  #: by the monotonic clock
    timeouts: int = 0


class _NotAsked(Exception):
    """Its host let others wait too often."""


_GIVEN_UP = Answer(
    status=0, why="it was not asked, for its site kept others waiting", is_undecided=True
)


class Asker:
    """Asks several hosts at once, each of them slowly."""

    def __init__(
        self, http: PublicHttp, note: Callable[[str], None], pause: float = _PAUSE
    ) -> None:
        self._http, self._note, self._pause = http, note, pause
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._told = 0

    def answers(self, targets: Sequence[str], known: Mapping[str, Answer]) -> Mapping[str, Answer]:
        """By target, in their order. Those known already are not asked."""
        pages = {target: urldefrag(target).url for target in targets}
        by_host: dict[str, list[str]] = {}
        for page in dict.fromkeys(pages.values()):
            if page not in known:
                by_host.setdefault(urlsplit(page).hostname or "", []).append(page)
        total = sum(map(len, by_host.values()))
        cached = len({*pages.values()} & known.keys())
        if cached:
            links = "1 link" if cached == 1 else f"{cached} links"
            self._note(f"Not asked again: {links}, known from less than a day ago.")
        found = dict(known)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asking = partial(self._of_one_host, total=total)
            try:
                for some in pool.map(asking, by_host.values()):
                    found.update(some)
            except BaseException:  # Ctrl-C: what is under way ends, and nothing else begins
                self._stop.set()
                raise
        return {target: found[page] for target, page in pages.items()}

    def _of_one_host(self, pages: Iterable[str], total: int) -> Mapping[str, Answer]:
        answers: dict[str, Answer] = {}
        for page in pages:
            if self._stop.is_set():
                break
            answer = answers[page] = self._followed(page)
            with self._guard:
                self._told += 1
                said = answer.why or str(answer.status)
                self._note(f"Link {self._told} of {total}: {page}: {said}")
        return answers

    def _followed(self, url: str) -> Answer:
        """The end of the chain of redirects that begins here."""
        moved_to, is_for_good = "", True
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                reply = self._asked(url)
            except _NotAsked:
                return _GIVEN_UP
            except (NoAnswer, Refused) as fault:
                return Answer(status=0, why=str(fault))
            if reply.status not in _REDIRECTS or not reply.location:
                is_undecided = reply.status in UNDECIDED
                return Answer(status=reply.status, moved_to=moved_to, is_undecided=is_undecided)
            is_for_good = is_for_good and reply.status in _FOR_GOOD
            following = _joined(url, reply.location)
            if following is None:
                return Answer(status=0, why=f"it is redirected to {reply.location[:80]}")
            url = following
            if is_for_good:
                moved_to = url
        return Answer(
            status=0,
            why=f"it redirects more than {_MOST_REDIRECTS} times",
            is_undecided=True,
        )

    def _asked(self, url: str) -> Reply:
        """HEAD, which is cheap; where it fails, GET, for some sites know nothing else."""
        host = self._host(url)
        with host.lock:
            if host.timeouts >= _MOST_TIMEOUTS:
                raise _NotAsked
            try:
                reply = self._in_turn(host, "HEAD", url)
                if reply.status < 400 or reply.status == 429:
                    return reply
            except NoAnswer as fault:
                if isinstance(fault, TooLate) or not isinstance(fault.__cause__, ConnectionError):
                    raise
            return self._in_turn(host, "GET", url)

    def _in_turn(self, host: _Host, method: str, url: str) -> Reply:
        self._stop.wait(max(0.0, host.free_at - time.monotonic()))
        try:
            return self._http.ask(method, url)
        except TooLate:
            host.timeouts += 1
            raise
        finally:
            host.free_at = time.monotonic() + self._pause

    def _host(self, url: str) -> _Host:
        with self._guard:
            return self._hosts[urlsplit(url).hostname or ""]


def _joined(url: str, location: str) -> str | None:
    """Where a redirect leads; None if that is no sound web address."""
    try:
        target = urljoin(url, location)
    except ValueError:
        return None
    return target if web_target(target) is not None else None
