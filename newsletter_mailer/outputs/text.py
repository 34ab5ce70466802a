"""<variant>.txt: the plain text, as it stands beside the HTML in a message."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.links import reader_links
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile, output


@output("text")
def text(edition: ComposedIssue) -> Iterator[OutputFile]:
    """The words of each variant, in UTF-8."""
    for compiled in edition.variants:
        variant = compiled.variant.id
        links = reader_links(edition.settings, edition.issue.id, variant)
        words = compiled.words(sample_values(compiled.fields()), links)
        yield OutputFile(path=f"{variant}.txt", content=words.encode(), variant=variant)
