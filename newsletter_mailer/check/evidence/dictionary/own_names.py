"""Words that a newsletter uses as names, which no dictionary has to know."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.english.words import parts, plain, written_words


def names_of(context: CheckContext) -> Iterator[str]:
    """Words that the newsletter uses as names: of itself, of regions and roles, of authors."""
    settings = context.settings
    texts = [
        settings.name,
        settings.sender.name,
        settings.postal_address,
        *settings.regions.values(),
        *settings.roles.values(),
        *settings.check.acronyms.values(),
        *context.issue.check.acronyms.values(),
    ]
    names = (one for one in context.passages if one.where == "place" or "author" in one.where)
    texts.extend(one.text for one in names)
    for text in texts:
        for found in written_words(text):
            yield from (part for part in parts(plain(found["word"])) if part[0].isupper())
