"""What the page shows of an issue as a whole. Values in, JSON out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any  # JSON

from newsletter_mailer.check.reports.check_result import Lines
from newsletter_mailer.findings import Finding
from newsletter_mailer.preview.live.live_issue import State
from newsletter_mailer.preview.live.mistakes import as_json
from newsletter_mailer.preview.live.reader_search import ReaderIndex
from newsletter_mailer.preview.live.snapshot import Snapshot
from newsletter_mailer.preview.views.reader_choice import label_of, target_of

_WIDEST = 300  #: characters of a file's line that are shown


def overview_json(
    issue_id: str,
    state: State,
    snapshot: Snapshot | None,
    readers: ReaderIndex | None,
    lines: Lines,
) -> dict[str, Any]:
    """`snapshot`: what is shown; None if nothing of the issue could ever be read.

    `readers`: None where they are not counted by list: while they are being read.
    """
    slugs = _slugs(snapshot)
    return {
        "issue": issue_id,
        "number": state.number,
        "checked": state.is_checked,
        "mistakes": [as_json(mistake, lines) for mistake in state.mistakes],
        "findings": [_finding(finding, lines, slugs) for finding in state.findings],
        **(_issue(snapshot, readers) if snapshot else {}),
    }


def meant_by(finding: Finding, lines: Lines) -> str:
    """The words that a finding points at; of a field without a column, its value."""
    source, text = finding.source, lines(finding.source.file)
    if text is None or not 0 < source.line <= len(text):
        return ""
    line = text[source.line - 1]
    if source.column and source.width:
        return line[source.column - 1 : source.column - 1 + source.width]
    return line.partition(": ")[2].strip().strip("\"'")


def _slugs(snapshot: Snapshot | None) -> Mapping[str, str]:
    sections = snapshot.edition.issue.sections if snapshot else ()
    return {section.source.file: section.slug for section in sections}


def _finding(finding: Finding, lines: Lines, slugs: Mapping[str, str]) -> dict[str, Any]:
    text, line = lines(finding.source.file), finding.source.line
    is_there = text is not None and 0 < line <= len(text)
    return {
        **finding.as_json(),
        "width": finding.source.width,
        "section": slugs.get(finding.source.file, ""),
        "text": text[line - 1][:_WIDEST] if text and is_there else "",
    }


def _issue(snapshot: Snapshot, readers: ReaderIndex | None) -> dict[str, Any]:
    issue, settings, plan = snapshot.edition.issue, snapshot.project.settings, snapshot.plan
    by_list = _by_list(snapshot, readers) if readers else {}
    return {
        "newsletter": settings.name,
        "date": issue.date.isoformat(),
        "counted": plan.has_lists,
        "regions": [*map(list, settings.regions.items())],
        "roles": [*map(list, settings.roles.items())],
        "lists": [[name, plan.census.sizes.get(name)] for name in issue.lists],
        "sections": [
            {
                "slug": section.slug,
                "title": section.title.plain() or section.slug,
                "file": section.source.file,
                "target": target_of(section, settings) if section.is_targeted else "",
                "readers": _readers(snapshot, section.slug),
            }
            for section in issue.sections
        ],
        "variants": [
            {
                "id": variant.id,
                "label": label_of(variant, issue),
                "readers": plan.head_counts[variant.id],
                "sections": list(variant.slugs),
                "lists": by_list.get(variant.id, {}),
            }
            for variant in snapshot.shown.values()
        ],
        "skipped": dict(plan.skipped),
    }


def _by_list(snapshot: Snapshot, readers: ReaderIndex) -> Mapping[str, Mapping[str, int]]:
    """By variant: how many people of each list get it."""
    counts: dict[str, Counter[str]] = {}
    for one, size in readers.memberships():
        variant = snapshot.variants.of(one.regions, one.roles)
        counts.setdefault(variant.id, Counter()).update(dict.fromkeys(sorted(one.lists), size))
    return counts


def _readers(snapshot: Snapshot, slug: str) -> int:
    counts: Sequence[int] = [
        snapshot.plan.head_counts[variant.id]
        for variant in snapshot.shown.values()
        if slug in variant.slugs
    ]
    return sum(counts)
