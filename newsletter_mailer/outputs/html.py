"""<variant>.html, with the pictures beside it: the page as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.compose.message import picture_names
from newsletter_mailer.compose.sample_reader import sample_values
from newsletter_mailer.links import reader_links
from newsletter_mailer.outputs.registry import ComposedIssue, OutputFile, output

PICTURES = "images"  #: the folder that they lie in


@output("html")
def html(edition: ComposedIssue) -> Iterator[OutputFile]:
    """A page for each variant, and each picture once, named by its content."""
    pictures: dict[str, bytes] = {}
    for compiled in edition.variants:
        paths = {
            key: f"{PICTURES}/{name}" for key, name in picture_names(compiled.pictures).items()
        }
        variant = compiled.variant.id
        links = reader_links(edition.settings, edition.issue.id, variant)
        page = compiled.page(sample_values(compiled.fields()), links, paths)
        yield OutputFile(path=f"{variant}.html", content=page.encode(), variant=variant)
        pictures |= {paths[key]: picture.content for key, picture in compiled.pictures.items()}
    for path, content in pictures.items():
        yield OutputFile(path=path, content=content)
