"""What one variant says that another does not, to be marked where they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from newsletter_mailer.preview.views.source_map import ALONE, Place


def other_places(ours: Sequence[Place], theirs: Sequence[Place]) -> frozenset[int]:
    """The numbers of our places that stand in a section they lack, or say what theirs do not."""
    lacking = {one.section for one in ours} - {one.section for one in theirs}
    other = {one.number for one in ours if one.section in lacking and one.is_section}
    mine = [one for one in _innermost(ours) if one.section not in lacking]
    matcher = SequenceMatcher(
        None, [*map(_said, mine)], [*map(_said, _innermost(theirs))], autojunk=False
    )
    same = {
        mine[at].number
        for block in matcher.get_matching_blocks()
        for at in range(block.a, block.a + block.size)
    }
    return frozenset(other | {one.number for one in mine if one.number not in same})


def _innermost(places: Sequence[Place]) -> list[Place]:
    """Those that hold no other block: what a block says, the blocks in it say."""
    blocks = [one.number for one in places if one.tag not in ALONE]
    return [one for one in places if not any(one.number < block <= one.last for block in blocks)]


def _said(place: Place) -> tuple[str, str, str, str]:
    return place.tag, place.section, place.words, place.target
