"""A ledger with other octets in it, as a faulty disk or a broken copy leaves it.

Wherever they are: a sentence or an answer, no traceback; and whoever has the issue gets no second.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.acceptance.scene import Newsletter, Warm
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import ISSUE
from tests.faults.sending import LEDGER, OTHER, kill_in_the_middle, send_well, two_issues

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

READERS = 20
PAGE = 4_096  #: octets, SQLite's
COMMANDS = (("status", "--issue", ISSUE), ("send", "--issue", ISSUE, "--yes"))


@dataclass(frozen=True)
class Kept:
    """A newsletter as it was when this test file began, and who had the issue by then."""

    news: Newsletter
    server: FaultyServer

    def again(self) -> Newsletter:
        shutil.rmtree(self.news.root)
        shutil.copytree(self.news.root.with_name("kept"), self.news.root)
        return self.news

    def play(self, command: Warm) -> list[str]:
        """What was wrong."""
        first, wrong = len(self.server.accepted), []
        for words in COMMANDS:
            done = command(*words, cwd=self.news.root, env=self.server.environment())
            if done.code not in (0, 1, 3) or "program itself" in done.err:
                wrong.append(done.err)
        got = Counter(one.recipient for one in self.server.accepted[READERS:])  # the rest: OTHER's
        del self.server.accepted[first:]
        return [*wrong, *(f"twice: {one}" for one, count in got.items() if count > 1)]


@pytest.fixture(scope="module", params=[send_well, kill_in_the_middle])
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("damaged")
    with faulty_server(may_grow=True) as server:
        news = two_issues(folder / "news", READERS)
        send_well(news, server, issue=OTHER)
        request.param(news, server)
        shutil.copytree(news.root, folder / "kept")
        yield Kept(news, server)


def emptied(content: bytearray, at: int) -> None:
    content[at : at + PAGE] = bytes(PAGE)


def swapped_with_the_next(content: bytearray, at: int) -> None:
    one, next_ = slice(at, at + PAGE), slice(at + PAGE, at + 2 * PAGE)
    content[one], content[next_] = content[next_], content[one]


def scribbled_upon(content: bytearray, at: int) -> None:
    content[at + 3_000 : at + 3_900] = random.Random(at).randbytes(900)


@pytest.mark.parametrize("harm", [emptied, swapped_with_the_next, scribbled_upon])
def test_any_page_of_it(kept: Kept, command: Warm, harm: Callable[[bytearray, int], None]) -> None:
    wrong = {}
    for page in range((kept.news.root / LEDGER).stat().st_size // PAGE):
        file = kept.again().root / LEDGER
        content = bytearray(file.read_bytes())
        harm(content, page * PAGE)
        file.write_bytes(content)
        wrong[page] = kept.play(command)

    assert {page: found for page, found in wrong.items() if found} == {}


def test_any_length_of_any_of_its_files(kept: Kept, command: Warm) -> None:
    """Cut short, and filled up with anything."""
    names = [file.name for file in (kept.again().root / ".newsletter").iterdir()]
    wrong = {}
    for name, part in itertools.product(names, range(6)):
        file = kept.again().root / ".newsletter" / name
        content = file.read_bytes()
        at = len(content) * part // 6
        file.write_bytes(content[:at] + random.Random(part).randbytes(part * 500))
        wrong[name, part] = kept.play(command)

    assert {one: found for one, found in wrong.items() if found} == {}
