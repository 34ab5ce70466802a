"""What a question may be asked of, and how to walk through all of it in order.

A new kind is a line in WALKS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from newsletter_mailer.check.context.alt_texts import AltText, alt_texts
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.link_targets import LinkTarget, link_targets
from newsletter_mailer.check.context.personal_details import PersonalDetail, personal_details
from newsletter_mailer.check.context.pictures import ShownPicture, pictures_of, shown_pictures
from newsletter_mailer.check.page.page import Element, Page, StyleSheet
from newsletter_mailer.check.template.tags import (
    TemplateFile,
    TemplateTag,
    template_files,
    template_tags,
)
from newsletter_mailer.check.text.dates_in_text import DateInText
from newsletter_mailer.check.text.events import Deadline, Event
from newsletter_mailer.check.text.merge_fields import FieldUse, FieldValues, fields_of
from newsletter_mailer.check.text.passages import Passage
from newsletter_mailer.check.text.written_alts import Alt
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.issue.model import Section
from newsletter_mailer.issue.pictures import Picture

WALKS: Mapping[type, Callable[[CheckContext], Iterable[object]]] = {
    CheckContext: lambda context: (context,),
    Passage: lambda context: context.passages,
    DateInText: lambda context: context.dates,
    Link: lambda context: context.links,
    Alt: lambda context: context.alts,
    Section: lambda context: context.issue.sections,
    CompiledVariant: lambda context: context.compiled,
    Page: lambda context: context.pages,
    StyleSheet: lambda context: _style_sheets(context),
    Event: lambda context: context.events.values(),
    Deadline: lambda context: context.deadlines,
    LinkTarget: link_targets,
    AltText: alt_texts,
    Picture: pictures_of,
    ShownPicture: shown_pictures,
    PersonalDetail: personal_details,
    FieldValues: lambda context: [
        FieldValues(name, profile) for name, profile in context.plan.profile.items()
    ],
    FieldUse: lambda context: fields_of(context.issue),
    TemplateFile: lambda context: template_files(context.template, ".css", ".mjml"),
    TemplateTag: lambda context: template_tags(context.template),
}

#: All that a question may be asked of.
KINDS = frozenset({*WALKS, Element})


def walk(each: type, context: CheckContext, tags: tuple[str, ...] = ()) -> Iterable[object]:
    """All of that kind, in the order of the files or the pages. `tags`: of elements, these only."""
    return _elements(context, tags) if each is Element else WALKS[each](context)


def _style_sheets(context: CheckContext) -> Iterator[StyleSheet]:
    """Each once, however many pages have it."""
    for text in dict.fromkeys(text for page in context.pages for text in page.style_sheets):
        yield StyleSheet(text)


def _elements(context: CheckContext, tags: tuple[str, ...]) -> Iterator[Element]:
    for page in context.pages:
        for node in page.elements(*tags) if tags else page.new_elements:
            yield Element(page, node)
