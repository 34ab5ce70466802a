"""The pictures that readers get, and the places where each is shown and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Element
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.pictures import Picture


class ShownPicture(NamedTuple):
    """A picture of ours where a page shows it."""

    element: Element
    picture: Picture
    context: CheckContext

    @property
    def source(self) -> Source:
        """Where the issue says that it is shown here; for one of the template, its tag."""
        context, source = self.context, self.element.source
        uses = [
            alt
            for alt in context.alts
            if alt.picture is self.picture and alt.section in self.element.page.variant.sections
        ]
        here = [
            alt
            for alt in uses
            if source.file
            in (
                alt.section.source.file,
                f"{context.template.folder}/sections/{alt.section.kind.name}.mjml",
            )
        ]
        return next((alt.shown for alt in here or uses), source)

    def pixels(self, attribute: str) -> int:
        """The attribute's number; 0 where it is not given in pixels."""
        return pixels(self.element.get(attribute))


def pixels(value: str) -> int:
    """Of an attribute such as width; 0 where it is no number of pixels."""
    value = value.strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else 0


def pictures_of(context: CheckContext) -> Sequence[Picture]:
    """Every picture that some reader gets, once."""
    shown = (one for compiled in context.compiled for one in compiled.pictures.items())
    return [*dict(shown).values()]


def shown_pictures(context: CheckContext) -> Iterator[ShownPicture]:
    """Every place where a picture of ours is shown."""
    for page in context.pages:
        for image in page.elements("img"):
            picture = page.picture(image)
            if picture is not None:
                yield ShownPicture(Element(page, image), picture, context)


def first_written(context: CheckContext, picture: Picture) -> Source:
    """Where the issue names a picture first; for one of the template the file itself."""
    named = (alt.shown for alt in context.alts if alt.picture is picture)
    return next(named, Source(f"{context.template.folder}/{picture.path}"))
