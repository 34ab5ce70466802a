"""What the files of an issue become: one digest for each variant, the same wherever it is made.

The content hash says that the files are the same. Another version of the program, or of what it
composes with, may make other messages of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from newsletter_mailer import __version__
from newsletter_mailer.campaign.prepare import Prepared
from newsletter_mailer.compose.sample_message import sample_message
from newsletter_mailer.store.runs import Composed


def composed(prepared: Prepared) -> Composed:
    """Of every variant that was composed: SHA-256 of the message that `build` writes."""
    if prepared.composed is None:
        prepared.composed = _composed(prepared)
    return prepared.composed


def _composed(prepared: Prepared) -> Composed:
    edition, settings = prepared.edition, prepared.project.settings
    content = edition.content.total
    digests = {
        name: hashlib.sha256(sample_message(one, edition.issue, settings, content)).hexdigest()
        for name, one in prepared.compiled.items()
    }
    return Composed(version=__version__, template=settings.template, digests=digests)


def otherwise(now: Composed, earlier: Composed, variants: Sequence[str]) -> str:
    """A sentence: which variants became other messages, and by which version."""
    which = (
        f"the variant {variants[0]} is" if len(variants) == 1 else f"{len(variants)} variants are"
    )
    by = (
        f"newsletter-mailer {earlier.version} composed it then, {now.version} does now"
        if now.version != earlier.version
        else f"newsletter-mailer {now.version} composed it then too, with other parts"
    )
    return f"No file was changed, but {which} composed otherwise: {by}."


def doubt_about(now: Composed, earlier: Composed) -> str:
    """Why messages are not those that were made of the same files earlier; empty if they are.

    Where no variant was made both times, only the program's version can tell.
    """
    if others := now.differs_from(earlier):
        return otherwise(now, earlier, others)
    is_comparable = now.digests.keys() & earlier.digests.keys()
    if earlier.digests and not is_comparable and now.version != earlier.version:
        return (
            f"No file was changed, but newsletter-mailer {earlier.version} composed it then, and "
            f"{now.version} does now, for other readers: it cannot be told whether they get the "
            "same words."
        )
    return ""
