"""Who objected, what a person settled, runs, and what is held about a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from newsletter_mailer.store.figures import (
    reply_of,
)
from newsletter_mailer.store.resolutions import Before, Fate, How, Resolution, UnknownRow
from newsletter_mailer.store.runs import By, RunRecord
from newsletter_mailer.store.states import TRANSITIONS, State
from newsletter_mailer.store.suppressions import Suppression
from tests.store.memory.tables import Memory, Tables


class MemoryParts:
    """What a ledger's parts have in common."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    @property
    def tables(self) -> Tables:
        return self.memory.tables


class MemorySuppressions(MemoryParts):
    """store.suppressions.Suppressions"""

    def add(self, address: str, reason: str, now: datetime, *, is_use: bool = True) -> None:
        since = now.astimezone(UTC).isoformat(timespec="microseconds")
        self.tables.suppressions[address] = Suppression(address, reason, since)
        if is_use:
            self.tables.use()

    def remove(self, address: str, now: datetime) -> bool:
        self.tables.use()
        return self.tables.suppressions.pop(address, None) is not None

    def all(self) -> Iterator[Suppression]:
        yield from sorted(self.tables.suppressions.values())

    def among(self, addresses: Sequence[str]) -> dict[str, str]:
        known = self.tables.suppressions
        return {one: known[one].reason for one in addresses if one in known}


class MemoryResolutions(MemoryParts):
    """store.resolutions.Resolutions"""

    def unknown(self, issue: str) -> Iterator[UnknownRow]:
        for row in self.tables.of(issue):
            if row.state is State.UNKNOWN:
                yield UnknownRow(row.planned.address, row.message_id, row.when)

    def settle(
        self,
        issue: str,
        fates: Mapping[str, Fate],
        *,
        how: How,
        by: By,
        now: datetime,
        log: str = "",
        of: State = State.UNKNOWN,
    ) -> list[str]:
        for fate in fates.values():
            if fate.state not in TRANSITIONS[of]:
                raise ValueError(f"a row that is {of} cannot become {fate.state}")
        before: dict[str, Before] = {}
        for address, fate in fates.items():
            row = self.tables.rows.get((issue, address))
            if row is not None and row.state is of:
                before[address] = Before(row.state, reply_of(row.code, row.reply), row.when)
                row.state, row.code, row.enhanced = fate.state, None, None
                row.reply, row.due = fate.reply, 0.0
        if before:
            self.record(issue, before, how, by, now, log)
            self.tables.use()
        return [*before]

    def record(
        self,
        issue: str,
        before: Mapping[str, Before],
        how: How,
        by: By,
        now: datetime,
        log: str = "",
    ) -> None:
        settled = Resolution(now, by, how, log, [*before], before)
        self.tables.resolutions.append((issue, settled))

    def all(self, issue: str) -> Iterator[Resolution]:
        yield from (one for of, one in self.tables.resolutions if of == issue)


class MemoryRuns(MemoryParts):
    """store.runs.Runs"""

    def last(self, issue: str) -> int:
        numbers = (n for n, run in enumerate(self.tables.runs, 1) if run.new.issue == issue)
        return max(numbers, default=0)

    def all(self, issue: str) -> list[RunRecord]:
        return [
            RunRecord(
                number=number,
                began=run.new.now,
                ended=run.ended,
                by=run.new.by,
                filters=run.new.filters,
                content_hash=run.new.content_hash,
                planned=run.planned,
                skipped=run.skipped,
                counts=run.counts,
                version=run.new.composed.version,
                template=run.new.composed.template,
                past_dates=run.new.past_dates,
            )
            for number, run in enumerate(self.tables.runs, 1)
            if run.new.issue == issue
        ]


class MemoryPeople(MemoryParts):
    """store.people.People"""

    def being_mailed(self, address: str) -> list[str]:
        rows = self.tables.rows.values()
        return sorted(
            row.issue
            for row in rows
            if row.state is State.SENDING and row.planned.address == address
        )

    def held_about(self, address: str) -> dict[str, object]:
        tables, suppressed = self.tables, self.tables.suppressions.get(address)
        rows = [row for (_, of), row in sorted(tables.rows.items()) if of == address]
        return {
            "address": address,
            "suppressed": suppressed and {"reason": suppressed.reason, "since": suppressed.since},
            "issues": [
                {
                    "issue": row.issue,
                    "mailbox": row.planned.mailbox,
                    "state": row.state,
                    "at": row.when and row.when.isoformat(),
                    "values": row.planned.values,
                }
                for row in rows
            ],
            "skipped": [
                {"issue": issue, "reason": skip.reason}
                for (issue, of), skip in sorted(tables.skips.items())
                if of == address
            ],
            "settled": [
                {
                    "issue": issue,
                    "at": one.at.astimezone(UTC).isoformat(timespec="microseconds"),
                    "who": one.by.who,
                    "how": one.how,
                    "before": {
                        "state": before.state,
                        "reply": before.reply,
                        "at": before.at and before.at.isoformat(),
                    },
                }
                for issue, one in tables.resolutions
                if (before := one.before.get(address)) is not None
            ],
        }
