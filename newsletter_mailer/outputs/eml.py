"""<variant>.eml: the whole message (RFC 5322), which any mail program opens."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.compose.sample_message import sample_message
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile, output


@output("eml")
def eml(edition: ComposedIssue) -> Iterator[OutputFile]:
    """What a made-up reader of each variant would get."""
    for compiled in edition.variants:
        message = sample_message(compiled, edition.issue, edition.settings, edition.content_hash)
        variant = compiled.variant.id
        yield OutputFile(path=f"{variant}.eml", content=message, variant=variant)
