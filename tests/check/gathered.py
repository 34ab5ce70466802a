"""Evidence as a gatherer hands it on, where a test has it at hand."""

from __future__ import annotations

from concurrent.futures import Future


def gathered(evidence: object) -> Future[object]:
    at_hand: Future[object] = Future()
    at_hand.set_result(evidence)
    return at_hand
