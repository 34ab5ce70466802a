"""One issue as its files are now: read, planned, composed and checked again when they change.

What is looked at comes first, the rest and the questions of `check` after it. A mistake in the
files leaves the last snapshot without one where it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from newsletter_mailer.campaign.edition import Edition, edition_of, template_of
from newsletter_mailer.campaign.first_run import nobody_has_it
from newsletter_mailer.campaign.prepare import Circumstances, judged
from newsletter_mailer.campaign.project import Project
from newsletter_mailer.check.evidence.gathering import gatherer
from newsletter_mailer.errors import NewsletterError
from newsletter_mailer.files.fingerprint import file_fingerprint
from newsletter_mailer.findings import Finding, Source, error, in_order
from newsletter_mailer.issue.model import Template
from newsletter_mailer.plan.variants import Variant
from newsletter_mailer.preview.live.list_cache import ListCache
from newsletter_mailer.preview.live.mistakes import errors_among, findings_of
from newsletter_mailer.preview.live.reader_search import ReaderIndex
from newsletter_mailer.preview.live.snapshot import Snapshot, TracedVariant
from newsletter_mailer.settings.newsletter import is_folder_name

_LOOKED_AT = 2  #: variants that are composed before all others: two may stand side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of the issue's files as they are now."""

    number: int = 0  #: counts the readings
    mistakes: Sequence[Finding] = ()  #: what keeps the files from being shown as they are
    findings: Sequence[Finding] = ()  #: what `check` says
    is_checked: bool = False  #: the findings are of this reading


@dataclass(slots=True)
class _Kept:
    """What is taken over while the files it was made of stay as they are."""

    template: Template | None = None
    template_of: object = None
    lists: ListCache = field(default_factory=ListCache)


class LiveIssue:
    """`refresh` is called by one thread at a time; everything else by any."""

    def __init__(
        self,
        issue_id: str,
        open_project: Callable[[], Project],
        tell: Callable[[str], None] = lambda news: None,
    ) -> None:
        """`tell` is called with "shown", "readers" and "checked" when each is new."""
        self.issue_id = issue_id
        self.state = State()
        self.readers: ReaderIndex | None = None
        self.project: Project | None = None  #: as newsletter.toml was last readable
        self._open_project, self._tell = open_project, tell
        self._kept = _Kept()
        self._composing = threading.RLock()
        self._newest: Snapshot | None = None  #: the last that could be read
        self._shown: Snapshot | None = None  #: the last without a mistake in what is looked at
        self._good: Snapshot | None = None  #: the last without any
        self._looked_at: list[str] = []

    def close(self) -> None:
        """What was read of the lists is forgotten, on the disk too."""
        self._kept.lists.close()

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown: without a mistake, or what can be shown in spite of some."""
        return self._shown or self._newest

    def look_at(self, snapshot: Snapshot, variant: Variant) -> TracedVariant | None:
        """The variant composed; if it has a mistake now, as it was before. None: it never was."""
        with self._composing:
            self._looked_at = [variant.id, *(v for v in self._looked_at if v != variant.id)]
            del self._looked_at[_LOOKED_AT:]
            made = snapshot.made(variant)
            if made is None and self._good is not None:
                before = self._good.find(variant.id)
                made = self._good.made(before) if before else None
            return made

    def refresh(
        self,
        is_stale: Callable[[], bool] = lambda: False,
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Reads the files again. Gives up when `is_stale` says that they changed once more.

        `rest` is called when what somebody looks at can be shown: pages draw it before all else.
        """
        number = self.state.number + 1
        try:
            project = self._open_project()
            self.project = project
            edition = edition_of(project, self.issue_id, self._template(project))
            plan = self._kept.lists.plan(project, edition.issue)
        except NewsletterError as stopped:
            found = in_order(findings_of(stopped))
            self._newest = None
            self.state = State(
                number=number, mistakes=errors_among(found), findings=found, is_checked=True
            )
            self._tell("shown")
            self._tell("checked")
            return
        with self._composing:
            snapshot = Snapshot(project, edition, plan, before=self._newest or self._good)
            broken = errors_among(edition.findings)
            if not broken:
                self._compose_looked_at(snapshot)
            mistakes = [*broken, *snapshot.mistakes]
            self._newest = snapshot
            if not mistakes:
                self._shown = snapshot
        self._say(number, mistakes)
        if self._looked_at:
            rest()
        if is_stale():
            return
        if self.readers is not self._kept.lists.readers():
            self.readers = self._kept.lists.readers()
            self._tell("readers")
        self._compose_all(snapshot, is_stale)
        if is_stale():
            return
        mistakes = [*broken, *snapshot.mistakes]
        if not mistakes:
            self._good = snapshot
        elif len(mistakes) > len(self.state.mistakes):
            self._say(number, mistakes)
        snapshot.forget_before()
        found = self._judge(project, edition, snapshot)
        self.state = State(
            number=number, mistakes=self.state.mistakes, findings=found, is_checked=True
        )
        self._tell("checked")

    def break_off(self, fault: Exception) -> None:
        """After `refresh` failed by a mistake of ours."""
        wrong = error(
            "internal-error",
            Source(f"issues/{self.issue_id}/issue.toml"),
            f"The preview failed: {type(fault).__name__}: {str(fault)[:200]}.",
            "This is a mistake in newsletter-mailer, not in your issue. Please report it.",
        )
        self.state = replace(self.state, number=self.state.number + 1, mistakes=[wrong])
        self._tell("shown")

    def _template(self, project: Project) -> Template:
        """Read again only when one of its files changed. Raises ContentError, ProjectError."""
        name = project.settings.template
        folder = project.root / "templates" / name
        files = sorted(folder.rglob("*")) if is_folder_name(name) and folder.is_dir() else []
        made_of = (name, [(file, file_fingerprint(file)) for file in files])
        if self._kept.template is None or made_of != self._kept.template_of:
            self._kept.template = None
            self._kept.template = template_of(project)
            self._kept.template_of = made_of
        return self._kept.template

    def _compose_looked_at(self, snapshot: Snapshot) -> None:
        looked_at = [found for one in self._looked_at if (found := snapshot.find(one))]
        for variant in looked_at or filter(None, [snapshot.first()]):
            snapshot.made(variant)

    def _compose_all(self, snapshot: Snapshot, is_stale: Callable[[], bool]) -> None:
        for variant in snapshot.shown.values():
            if is_stale():
                return
            with self._composing:
                snapshot.compiled(variant)

    def _say(self, number: int, mistakes: Sequence[Finding]) -> None:
        self.state = State(number=number, mistakes=in_order(mistakes), findings=self.state.findings)
        self._tell("shown")

    def _judge(self, project: Project, edition: Edition, snapshot: Snapshot) -> list[Finding]:
        """The findings of `check`, asked as it asks."""
        now = Circumstances(
            at=datetime.now(UTC),
            is_first_run=nobody_has_it(project, self.issue_id),
            gather=gatherer(project.root, project.environment, lambda note: None),
        )
        compiled = {one.id: snapshot.compiled(one) for one in snapshot.shown.values()}
        return judged(
            project,
            edition,
            snapshot.plan,
            {name: made for name, made in compiled.items() if made is not None},
            [*edition.findings, *self._kept.lists.findings(project, edition.issue)],
            snapshot.mistakes,
            now,
        )
