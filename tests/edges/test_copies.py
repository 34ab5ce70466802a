"""A SQLite ledger's copies, against a model: kept, put back, moved, copied beside, robbed of files.

A sender does what `campaign.run` has it do; a server counts. Whatever happens to the ledger's files
in between: nobody gets an issue twice, nobody is lost, or a sentence says why nothing is sent.

All of it is about SQLite's files: a log and journals beside one file, which people copy apart.
What any store with copies promises: tests/store/test_copies.py.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from newsletter_mailer.errors import LedgerBusy, LedgerError, OutdatedLedger
from newsletter_mailer.store.claims import ClaimedRow, Settled
from newsletter_mailer.store.generation import Progress, Witness
from newsletter_mailer.store.journal import layout
from newsletter_mailer.store.journal.progress_file import ProgressFile, in_toml, progress_in
from newsletter_mailer.store.resolutions import Fate
from newsletter_mailer.store.runs import By, NewRun, PlannedRow
from newsletter_mailer.store.sqlite.claims import SqliteClaims
from newsletter_mailer.store.sqlite.database import open_beside
from newsletter_mailer.store.sqlite.ledger import SqliteLedger
from newsletter_mailer.store.sqlite.store import SqliteStore
from newsletter_mailer.store.states import OWED, State

NOW = datetime(2030, 1, 15, 9, 0, tzinfo=UTC)
ISSUES = ["2030-01", "2030-02"]
READERS = [f"reader{number}@example.org" for number in range(4)]
#: What a person takes along of the ledger's files.
PARTS = {
    "the file alone": ("ledger.db",),
    "the file and its log": ("ledger.db", "ledger.db-wal", "ledger.db-shm"),
    "everything": ("*",),
}


@contextmanager
def refused() -> Iterator[None]:
    """With a sentence that says why nothing is sent."""
    with suppress(OutdatedLedger):
        try:
            yield
        except LedgerError as fault:
            if "damaged" not in str(fault):
                raise


class Copies(RuleBasedStateMachine):
    """A folder with a ledger, the issues' sent.toml outside it, and a server that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="newsletter-mailer-"))
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(layout, "SLOTS", 16)
        self.folder = self.base / "ledger"
        self.kept = self.thrown_away = 0  #: folders
        self.sent: dict[str, Witness] = {}  #: sent.toml, by issue
        self.ledger: SqliteLedger | None = None
        self.sender: SqliteClaims | None = None
        self.issue = ""
        self.flights: list[tuple[ClaimedRow, int]] = []  #: with their slots of the journal
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.asked_for: Counter[tuple[str, str]] = Counter()  #: by a person
        self.objected: set[str] = set()

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def store(self) -> SqliteStore:
        return SqliteStore(self.path)

    @precondition(lambda self: self.sender is None)
    @rule(issue=st.sampled_from(ISSUES))
    def a_send_begins(self, issue: str) -> None:
        """And is refused if the ledger is not the one that was used last."""
        with refused():
            self.begin(issue)

    @precondition(lambda self: self.sender)
    @rule(count=st.integers(1, 3), heard=st.integers(0, 3), is_recorded=st.booleans())
    def messages_leave(self, count: int, heard: int, is_recorded: bool) -> None:
        """So many are claimed and taken; of some the answer is heard, and perhaps recorded."""
        sender = self.at_work()
        rows = sender.record_and_claim([], count, due=dict.fromkeys(OWED, 1e12))
        for row in rows:
            assert row.address not in self.objected
            slot = sender.journal.mark(row.id, row.attempt)
            assert slot is not None
            self.accepted[self.issue, row.address] += 1
            self.flights.append((row, slot))
        settled = [self.hear() for _ in range(min(heard, len(self.flights)))]
        if is_recorded:
            sender.record_and_claim([one for one, _ in settled], 0, due={})
            sender.journal.release([slot for _, slot in settled])
        elif settled:
            self.it_is_killed()

    @precondition(lambda self: self.sender)
    @rule(somebody_looks=st.booleans())
    def the_run_ends(self, somebody_looks: bool) -> None:
        """While somebody else has the ledger open, SQLite leaves its log there."""
        sender, ledger = self.at_work(), self.at_hand()
        looking = open_beside(self.path)
        if not somebody_looks:
            looking.close()
        else:
            looking.execute("SELECT count(*) FROM run").fetchone()
        settled = [self.hear() for _ in self.flights[:]]
        sender.record_and_claim([one for one, _ in settled], 0, due={})
        sender.journal.release([slot for _, slot in settled])
        sender.end(NOW)
        self.sender = None
        self.tell_outside(ledger)
        self.leave()
        looking.close()

    @precondition(lambda self: self.sender)
    @rule()
    def it_is_killed(self) -> None:
        """The files are as they were at that moment: closing a database would tidy up."""
        image = {
            file: (file.read_bytes(), file.stat().st_mtime_ns) for file in self.folder.iterdir()
        }
        self.at_work().journal.abandon()
        self.leave()
        for file, (content, changed) in image.items():
            file.write_bytes(content)
            os.utime(file, ns=(changed, changed))

    @precondition(lambda self: self.sender)
    @rule()
    def a_second_terminal_is_kept_out(self) -> None:
        with self.store.open() as second, pytest.raises(LedgerBusy):
            second.hold(self.witnesses())

    @precondition(lambda self: self.path.exists())
    @rule(address=st.sampled_from(READERS))
    def somebody_objects(self, address: str) -> None:
        """In the middle of a run, too."""
        with refused(), self.store.open() as ledger:
            is_outdated = bool(ledger.doubt(self.witnesses()))
            ledger.suppressions.add(address, "unsubscribed", NOW, is_use=not is_outdated)
            if not is_outdated:
                self.objected.add(address)

    @precondition(lambda self: self.path.exists())
    @rule(part=st.sampled_from([*PARTS]))
    def a_copy_is_kept(self, part: str) -> None:
        self.kept += 1
        copy = self.base / f"copy {self.kept}"
        copy.mkdir()
        for pattern in PARTS[part]:
            for file in self.folder.glob(pattern):
                shutil.copy(file, copy)

    @precondition(lambda self: self.sender is None and self.kept)
    @rule(data=st.data())
    def a_copy_is_put_back(self, data: st.DataObject) -> None:
        """Over what is there; what the copy lacks stays, as it does when people copy."""
        number = data.draw(st.integers(1, self.kept))
        if data.draw(st.booleans(), label="the folder is emptied before"):
            self.throw_away(self.folder)
            self.folder.mkdir()
        for file in (self.base / f"copy {number}").iterdir():
            shutil.copy(file, self.folder)
        self.objected.clear()  # what a copy forgot is another promise's

    @precondition(lambda self: self.sender is None)
    @rule(pattern=st.sampled_from(["*.db", "*-wal", "*-shm", "*.journal", "*.generation"]))
    def files_are_lost(self, pattern: str) -> None:
        for file in self.folder.glob(pattern):
            self.thrown_away += 1
            file.rename(self.base / f"thrown away {self.thrown_away}")
            if file.name.endswith(("db", "-wal")):
                self.objected.clear()  # they are lost with it

    @precondition(lambda self: self.sender is None and self.path.exists())
    @rule()
    def the_folder_is_renamed(self) -> None:
        self.folder = self.folder.rename(self.base / f"ledger {self.folder.name.count('n')}n")

    @precondition(lambda self: self.sender is None and self.sent and self.path.exists())
    @rule(issue=st.sampled_from(ISSUES))
    def the_folder_is_copied_and_the_copy_sends(self, issue: str) -> None:
        """A ledger that was moved and not used since is at home nowhere: the first user wins."""
        copy = self.base / "beside"
        shutil.copytree(self.folder, copy)
        original = self.folder
        is_open = False
        with refused(), self.store.open() as ledger:
            is_open = ledger.uses.home().is_open
        self.folder = copy
        try:
            if not is_open:
                with pytest.raises(LedgerError):
                    self.begin(issue)
        finally:
            self.leave()
            self.folder = original
            self.throw_away(copy)

    @precondition(lambda self: self.sender is None and self.path.exists())
    @rule(in_doubt=st.sets(st.sampled_from(ISSUES), max_size=1))
    def a_person_has_it_count(self, in_doubt: set[str]) -> None:
        with refused():
            self.store.restore(self.path, self.witnesses(), in_doubt, NOW)
            self.it_counts()

    @precondition(lambda self: self.sender is None and self.kept)
    @rule(data=st.data())
    def a_person_restores_a_copy(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.kept))
        file = self.base / f"copy {number}" / "ledger.db"
        with suppress(LedgerError):  # a file without its log may be no ledger yet
            replaced = self.store.restore(file, self.witnesses(), (), NOW)
            if replaced is None or replaced.suppressed is None:
                self.objected.clear()  # nobody can read any more who had
            self.it_counts()

    @precondition(lambda self: self.sender is None and not self.path.exists())
    @rule()
    def a_person_begins_anew(self) -> None:
        """The issues that were sent stay refused: their sent.toml names the lost one."""
        self.store.begin(NOW)
        self.objected.clear()  # as its help says
        self.it_counts()

    @precondition(lambda self: self.sender is None and self.path.exists())
    @rule()
    def the_ledger_moves(self) -> None:
        """To a stick, and from it into its place."""
        stick = self.base / "stick.db"
        with refused():
            with self.store.open() as ledger:
                ledger.hold(self.witnesses())
                self.store.move(stick, NOW)
            with (
                self.store.open() as left,
                pytest.raises(OutdatedLedger, match="was moved"),
            ):
                left.hold(self.witnesses())
            self.store.restore(stick, self.witnesses(), (), NOW)
        stick.unlink(missing_ok=True)

    @precondition(lambda self: self.sender is None and self.path.exists())
    @rule(issue=st.sampled_from(ISSUES), state=st.sampled_from([State.QUEUED, State.SENT]))
    def a_person_settles_what_is_unknown(self, issue: str, state: State) -> None:
        with refused(), self.store.open() as ledger:
            ledger.hold(self.witnesses())
            unknown = [row.address for row in ledger.resolutions.unknown(issue)]
            fates = dict.fromkeys(unknown, Fate(state, "by hand"))
            ledger.resolutions.settle(issue, fates, how="resend", by=By(), now=NOW)
            if state is State.QUEUED:
                self.asked_for.update((issue, address) for address in unknown)

    @invariant()
    def nobody_has_two(self) -> None:
        for row, count in self.accepted.items():
            assert count <= 1 + self.asked_for[row], row

    def begin(self, issue: str) -> None:
        """Raises LedgerError, also OutdatedLedger."""
        self.folder.mkdir(exist_ok=True)
        if not self.path.exists() and self.sent:
            return  # campaign.send_clearance: no new ledger is made
        try:
            self.ledger = ledger = self.store.open()
            ledger._database.execute("PRAGMA synchronous = OFF")  # no machine loses power here
            ledger.hold(self.witnesses())
            if issue in self.sent and self.sent[issue].ledger != ledger.id:
                raise OutdatedLedger("campaign.sent_file: sent with another ledger")
            self.issue = issue
            self.sender = ledger.begin_run(
                NewRun(
                    issue=issue, now=NOW, content_hash="", files={}, filters={}, host="example.org"
                ),
                rows=[
                    PlannedRow(address=one, mailbox=one, variant="", values={}) for one in READERS
                ],
            )
            self.tell_outside(ledger)
        except BaseException:
            self.leave()
            raise

    def it_counts(self) -> None:
        """Whoever a person said it to is taken at their word."""
        with self.store.open() as ledger:
            assert ledger.doubt(self.witnesses()) == ""

    def tell_outside(self, ledger: SqliteLedger) -> None:
        """As campaign.sent_file does."""
        self.sent[self.issue] = Witness(
            ledger=ledger.id,
            generation=ledger.generation(),
            file="sent.toml",
            issue=self.issue,
        )
        if self.sender is not None:
            file = self.base / f"{self.issue}.toml"
            self.sent[self.issue] = replace(self.sent[self.issue], progress=Progress(""))
            file.write_text(in_toml(Progress(self.sender.journal.token)))
            self.sender.journal.tell(ProgressFile(file))

    def witnesses(self) -> list[Witness]:
        """What the issues' sent.toml say by now."""
        return [
            one if one.progress is None else replace(one, progress=self.told(one.issue))
            for one in self.sent.values()
        ]

    def told(self, issue: str) -> Progress:
        told = progress_in(tomllib.loads((self.base / f"{issue}.toml").read_text("utf-8")))
        assert told is not None
        return told

    def hear(self) -> tuple[Settled, int]:
        """A yes, into the journal."""
        row, slot = self.flights.pop()
        self.at_work().journal.answer(slot, State.SENT, 250, None, "words")
        return Settled(id=row.id, state=State.SENT, code=250, at=1.0), slot

    def at_work(self) -> SqliteClaims:
        assert self.sender is not None
        return self.sender

    def at_hand(self) -> SqliteLedger:
        assert self.ledger is not None
        return self.ledger

    def throw_away(self, folder: Path) -> None:
        """Kept, so that no later file gets the number of one of these."""
        self.thrown_away += 1
        folder.rename(self.base / f"thrown away {self.thrown_away}")

    def leave(self) -> None:
        if self.ledger is not None:
            self.ledger.close()
        self.ledger = self.sender = None
        self.flights = []

    def teardown(self) -> None:
        """In the end everybody has it or is named; or the refusal says why."""
        try:
            if self.sender is not None:
                self.it_is_killed()
            for issue in ISSUES:
                with refused():
                    self.begin(issue)
                if self.sender is None:
                    continue
                self.messages_leave(len(READERS), 0, is_recorded=True)
                self.the_run_ends(somebody_looks=False)
                with self.store.open() as ledger:
                    rows = {row.address: row.state for row in ledger.deliveries(issue)}
                    assert sorted(rows) == READERS
                    kept_out = {*ledger.suppressions.among(READERS)}
                assert {rows[one] for one in READERS if one not in kept_out} <= {
                    State.SENT,
                    State.UNKNOWN,
                }
                self.nobody_has_two()
        finally:
            self.leave()
            self.patch.undo()
            shutil.rmtree(self.base)


TestCopies = Copies.TestCase
TestCopies.settings = settings(stateful_step_count=25)
