"""Domains of addresses that are likely slips of the pen for another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_RARE = 2  #: the same slip is seldom made for more readers
_TIMES_MORE = 3  #: readers that the domain meant must have, for each that the slip has
_SHORTEST = 5  #: characters of the first label; shorter ones are alike without being slips
#: Used by a great many people, so that a domain a letter away is taken for a slip.
_PROVIDERS = (
    *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "yahoo.com"),
    *("yahoo.co.uk", "icloud.com", "btinternet.com", "talktalk.net", "virginmedia.com"),
    *("live.co.uk", "protonmail.com"),
)
#: A letter away from a provider, and one themselves.
_ALSO_PROVIDERS = frozenset({"email.com", "ymail.com", "mail.com", "gmx.com", "yahoo.co.id"})


def likely_slips(readers: Mapping[str, int]) -> dict[str, str]:
    """From the readers of each domain: domains a letter away from one that far more readers have.

    A letter missing, added, changed, or swapped with its neighbour (Damerau 1964). Numbers are
    meant: council1 and council2 are two. Looked up by what is left when one letter is taken away,
    so that each domain is compared with its few neighbours only.
    """
    meant = {
        *(name for name, count in readers.items() if count >= _TIMES_MORE),
        *_PROVIDERS,
    }
    by_rest: dict[str, list[str]] = {}
    for name in sorted(meant):
        for rest in _rests(name):
            by_rest.setdefault(rest, []).append(name)
    slips: dict[str, str] = {}
    for name, count in readers.items():
        if name in _PROVIDERS or name in _ALSO_PROVIDERS:
            continue
        near = {other for rest in _rests(name) for other in by_rest.get(rest, ())}
        likely = [
            other
            for other in near
            if other != name
            and (other in _PROVIDERS or _is_rare(count, readers.get(other, 0)))
            and _is_slip(name, other)
        ]
        if likely:
            slips[name] = max(likely, key=lambda other: (readers.get(other, 0), other))
    return slips


def _is_rare(count: int, beside: int) -> bool:
    return count <= _RARE and beside >= _TIMES_MORE * count


def _rests(name: str) -> Iterable[str]:
    """The name, and the name without each of its letters."""
    yield name
    for at in range(len(name)):
        yield name[:at] + name[at + 1 :]


def _is_slip(name: str, other: str) -> bool:
    labels = [len(one.partition(".")[0]) for one in (name, other)]
    if labels[0] < _SHORTEST - 1 or labels[1] < _SHORTEST:
        return False
    ours, theirs = _differing(name, other)
    if any(character.isdigit() for character in ours + theirs):
        return False
    if len(ours) == len(theirs) == 2:
        return ours == theirs[::-1]
    return max(len(ours), len(theirs)) == 1


def _differing(one: str, other: str) -> tuple[str, str]:
    """What is left of two texts without what they begin and end with alike."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other
