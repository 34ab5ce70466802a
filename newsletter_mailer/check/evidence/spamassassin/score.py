"""What SpamAssassin says of a message, and what of it counts before anything has been delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Rules that are left out of the score, by a word in their names, and why. The manual shows it.
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        ("RECEIVED", "RCVD", "RELAY", "RELAYS", "TRUSTED", "HELO", "RDNS", "NORDNS"),
        "the servers in between add their lines (Received) on the way; there are none yet",
    ),
    **dict.fromkeys(
        ("DKIM", "ADSP", "SPF", "DMARC", "ARC"),
        "your mail server signs and vouches when it sends; there is no signature yet",
    ),
    **dict.fromkeys(
        ("BAYES", "AWL", "TXREP", "USER"),
        "they tell what the SpamAssassin of this computer has learned, not what is written",
    ),
    "DATE": "the message's date is written when it is sent",
}
_IN_TEST = "T_"  #: before the name of a rule that SpamAssassin's makers are trying out


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamHit:
    """A rule of SpamAssassin that holds for a message."""

    rule: str
    points: float  #: below 0: it speaks for the message
    about: str = ""  #: SpamAssassin's own words

    @property
    def counts(self) -> bool:
        return not any(word in LEFT_OUT for word in self.rule.removeprefix(_IN_TEST).split("_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamScore:
    """What holds for the message of one variant."""

    hits: Sequence[SpamHit]

    @property
    def points(self) -> float:
        return round(sum(hit.points for hit in self.hits if hit.counts), 1)

    @property
    def costly(self) -> Sequence[SpamHit]:
        """What costs a tenth of a point or more, the dearest first."""
        counting = [hit for hit in self.hits if hit.counts and hit.points >= 0.1]
        return sorted(counting, key=lambda hit: (-hit.points, hit.rule))
