"""Asks the web whether the links of an issue lead anywhere: politely, and each one once a day."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from newsletter_mailer import __version__
from newsletter_mailer.check.answer import UNDECIDED, Answer
from newsletter_mailer.check.evidence.public_http import NoAnswer, PublicHttp, Refused, Reply
from newsletter_mailer.check.linked import linked
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.check.targets import web_target

USER_AGENT = f"newsletter-mailer/{__version__} (link check)"
CACHE = "links.json"
_MOST_REDIRECTS = 5
_AT_ONCE = 8  #: hosts that are asked at the same time
_PAUSE = 1.0  #: seconds between two requests to one host
_GOOD_FOR = 24 * 3600.0  #: seconds for which a good answer is kept
_BAD_FOR = 10 * 60.0  #: any other: what is down may soon be up
_REDIRECTS = (301, 302, 303, 307, 308)
_FOR_GOOD = (301, 308)


def reached(
    subject: Subject, folder: Path, note: Callable[[str], None], http: PublicHttp | None = None
) -> Mapping[str, Answer]:
    """What the web says to every link that is the same for all readers, by its target.

    `folder`: where answers are kept. `note`: one line for each link that is asked.
    """
    targets: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for link in linked(subject):
        target = web_target(link.target)
        if target is None or target.is_local or target.is_example:
            continue  # other rules say what is wrong with it
        if link.is_for_each_reader:
            left_out[link.target] = None
        else:
            targets[link.target] = None
    if left_out:
        links = "1 link differs" if len(left_out) == 1 else f"{len(left_out)} links differ"
        note(f"{links} from reader to reader (merge fields), and cannot be asked.")
    cache = Cache(folder / CACHE, note)
    asker = Asker(http or PublicHttp(user_agent=USER_AGENT), note)
    answers = asker.answers([*targets], cache.known(time.time()))
    if answers and not any(answer.status for answer in answers.values()):
        note("No link could be reached at all: is this computer online?")
    else:
        cache.keep(answers, time.time())
    return answers


@dataclass(slots=True)
class _Host:
    """One question at a time, and a pause after each."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0  #: by the monotonic clock


class Asker:
    """Asks several hosts at once, each of them slowly."""

    def __init__(
        self, http: PublicHttp, note: Callable[[str], None], pause: float = _PAUSE
    ) -> None:
        self._http, self._note, self._pause = http, note, pause
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._guard = threading.Lock()
        self._told = 0

    def answers(self, targets: Sequence[str], known: Mapping[str, Answer]) -> Mapping[str, Answer]:
        """By target, in their order. Those known already are not asked."""
        pages = {target: urldefrag(target).url for target in targets}
        by_host: dict[str, list[str]] = {}
        for page in dict.fromkeys(pages.values()):
            if page not in known:
                by_host.setdefault(urlsplit(page).hostname or "", []).append(page)
        total = sum(map(len, by_host.values()))
        found = dict(known)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in pool.map(lambda these: self._of_one_host(these, total), by_host.values()):
                found.update(some)
        return {target: found[page] for target, page in pages.items()}

    def _of_one_host(self, pages: Iterable[str], total: int) -> Mapping[str, Answer]:
        answers = {}
        for page in pages:
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
            except (NoAnswer, Refused) as fault:
                return Answer(status=0, why=str(fault))
            if reply.status not in _REDIRECTS or not reply.location:
                is_undecided = reply.status in UNDECIDED
                return Answer(status=reply.status, moved_to=moved_to, is_undecided=is_undecided)
            is_for_good = is_for_good and reply.status in _FOR_GOOD
            url = urljoin(url, reply.location)
            if web_target(url) is None:
                return Answer(status=0, why=f"it is redirected to {url[:80]}")
            if is_for_good:
                moved_to = url
        return Answer(
            status=0,
            why=f"redirects more than {_MOST_REDIRECTS} times",
            is_undecided=True,
        )

    def _asked(self, url: str) -> Reply:
        """HEAD, which is cheap; where it fails, GET, for some sites know nothing else."""
        host = self._host(url)
        with host.lock:
            try:
                reply = self._in_turn(host, "HEAD", url)
                if reply.status < 400 or reply.status == 429:
                    return reply
            except NoAnswer as fault:
                if not isinstance(fault.__cause__, ConnectionError):
                    raise
            return self._in_turn(host, "GET", url)

    def _in_turn(self, host: _Host, method: str, url: str) -> Reply:
        time.sleep(max(0.0, host.free_at - time.monotonic()))
        try:
            return self._http.ask(method, url)
        finally:
            host.free_at = time.monotonic() + self._pause

    def _host(self, url: str) -> _Host:
        with self._guard:
            return self._hosts[urlsplit(url).hostname or ""]


class Cache:
    """Answers of the last day, in a file that may be thrown away at any time."""

    def __init__(self, path: Path, note: Callable[[str], None]) -> None:
        self._path, self._note = path, note
        self._entries: dict[str, tuple[float, Answer]] = {}

    def known(self, now: float) -> Mapping[str, Answer]:
        """The answers that still count, by page."""
        self._entries = {
            page: (asked, answer)
            for page, (asked, answer) in _entries(self._path).items()
            if 0 <= now - asked < (_GOOD_FOR if answer.is_good else _BAD_FOR)
        }
        return {page: answer for page, (_, answer) in self._entries.items()}

    def keep(self, answers: Mapping[str, Answer], now: float) -> None:
        """Adds what is new. Where the folder cannot be written, `note` says so."""
        for target, answer in answers.items():
            self._entries.setdefault(urldefrag(target).url, (now, answer))
        kept = {page: {"asked": at, **asdict(one)} for page, (at, one) in self._entries.items()}
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
            new.replace(self._path)
        except OSError as fault:
            self._note(f"The answers cannot be kept in {self._path}: {fault.strerror}.")


def _entries(path: Path) -> dict[str, tuple[float, Answer]]:
    """What the file holds; nothing if it is missing, damaged or of another version."""
    try:
        table = json.loads(path.read_text("utf-8"))
        return {
            str(page): (float(entry.pop("asked")), Answer(**entry)) for page, entry in table.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}
