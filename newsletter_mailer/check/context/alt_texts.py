"""The alt texts of pictures, the writer's and the template's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import Element
from newsletter_mailer.check.text.written_alts import Alt
from newsletter_mailer.findings import Source


class AltText(NamedTuple):
    """The words of one picture. Their place is looked up for a finding only."""

    words: str  #: never blank; BLANK of english/words.py stands for a merge field
    path: str  #: the picture's, or its address
    find: Callable[[], Source]

    @property
    def source(self) -> Source:
        return self.find()


def alt_texts(context: CheckContext) -> Iterator[AltText]:
    """The writer's in order, then those that the template adds."""
    for alt in context.alts:
        if alt.words.strip():
            yield AltText(alt.words, alt.path, _of_writer(alt))
    own = {alt.path for alt in context.alts} | {alt.words for alt in context.alts}
    for page in context.pages:
        for image in page.elements("img"):
            words = image.get("alt", "")
            picture = page.picture(image)
            path = image.get("src", "") if picture is None else picture.path
            if words.strip() and words not in own and path not in own:
                yield AltText(words, path, _of_template(Element(page, image)))


def _of_writer(alt: Alt) -> Callable[[], Source]:
    return lambda: alt.source


def _of_template(image: Element) -> Callable[[], Source]:
    return lambda: image.source
