"""What the questions need from outside, gathered before they are asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from newsletter_mailer.check.evidence.registry import Evidence, Surroundings, all_evidence
from newsletter_mailer.errors import NewsletterError

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter_mailer.check.context.context import CheckContext


def gatherer(
    root: Path,
    environment: Mapping[str, str],
    note: Callable[[str], None],
    wanted: Collection[str] = (),
) -> Callable[[CheckContext], Mapping[str, Future[object]]]:
    """Gathers the evidence whose option is among those wanted, and what needs no option.

    The latter beside the questions that do without it: a dictionary takes as long to load as all of
    them to answer. `root`: the project's folder. `note` tells a person what was skipped and why.
    Raises ProjectError, when called, for what was asked for and is not installed.
    """
    here = Surroundings(root=root, environment=environment, note=note)

    def gather(context: CheckContext) -> Mapping[str, Future[object]]:
        return {
            name: _under_way(evidence, context, here)
            if not evidence.option
            else _gathered(evidence, context, here)
            for name, evidence in all_evidence().items()
            if not evidence.option or evidence.option in wanted
        }

    return gather


def stop_if_gathering_did(context: CheckContext) -> None:
    """Waits for all evidence. Raises the NewsletterError that gathering some of it raised."""
    for gathered in context.evidence.values():
        fault = gathered.exception()
        if isinstance(fault, NewsletterError):
            raise fault


def _under_way(
    evidence: Evidence[object], context: CheckContext, here: Surroundings
) -> Future[object]:
    """What another thread gathers."""
    with suppress(Exception):  # raised again for whoever asks for them
        _ = context.passages  # read here, for both threads would read them at once
    result: Future[object] = Future()
    Thread(target=_gather, args=(evidence, context, here, result), daemon=True).start()
    return result


def _gather(
    evidence: Evidence[object], context: CheckContext, here: Surroundings, into: Future[object]
) -> None:
    """Or what it raised, which whoever needs the evidence raises again: nobody waits for ever."""
    try:
        into.set_result(evidence.gather(context, here))
    except Exception as fault:  # noqa: BLE001  # a mistake of ours must not hide other findings
        into.set_exception(fault)
    except BaseException as fault:  # noqa: BLE001  # it would end the program, not the rule
        lost = RuntimeError(f"Gathering {evidence.name} ended with {type(fault).__name__}: {fault}")
        lost.__cause__ = fault
        into.set_exception(lost)


def _gathered(
    evidence: Evidence[object], context: CheckContext, here: Surroundings
) -> Future[object]:
    result: Future[object] = Future()
    try:
        result.set_result(evidence.gather(context, here))
    except NewsletterError:
        raise
    except Exception as fault:  # noqa: BLE001  # a mistake of ours must not hide other findings
        result.set_exception(fault)
    return result
