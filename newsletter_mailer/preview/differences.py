"""What one variant says that another does not, to be marked where they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from newsletter_mailer.preview.places import Place


def other_places(ours: Sequence[Place], theirs: Sequence[Place]) -> frozenset[int]:
    """The numbers of our places that stand in a section they lack, or say what theirs do not."""
    lacking = {one.section for one in ours} - {one.section for one in theirs}
    other = {one.number for one in ours if one.section in lacking and one.is_section}
    mine = [one for one in ours if one.section not in lacking]
    matcher = SequenceMatcher(None, [*map(_said, mine)], [*map(_said, theirs)], autojunk=False)
    same = {
        mine[at].number
        for block in matcher.get_matching_blocks()
        for at in range(block.a, block.a + block.size)
    }
    changed = [one for one in mine if one.number not in same]
    other.update(one.number for one in changed if not _holds_any(one, changed))
    return frozenset(other)


def _holds_any(place: Place, others: Sequence[Place]) -> bool:
    return any(place.number < one.number <= place.last for one in others)


def _said(place: Place) -> tuple[str, str, str, str]:
    return place.tag, place.section, place.words, place.target
