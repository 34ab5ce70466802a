"""Where clocks show GMT in winter and BST in summer."""

from __future__ import annotations

BRITISH_ZONES = frozenset(
    {
        "Europe/London",
        "Europe/Belfast",
        "Europe/Guernsey",
        "Europe/Isle_of_Man",
        "Europe/Jersey",
        "GB",
    }
)
