"""Every link of an issue in one stream: the writer's, and those that the template adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from newsletter_mailer.check.addresses.targets import Target, web_target
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.page.page import OWN_LINKS, Page
from newsletter_mailer.check.text.written_links import Link
from newsletter_mailer.findings import Source
from newsletter_mailer.issue.body_tokens import FIELD


@dataclass(frozen=True)
class LinkTarget:
    """Where a link leads, and where it is written (which is looked up for a finding only)."""

    target: str
    find: Callable[[], Source] = field(repr=False)

    @property
    def source(self) -> Source:
        return self.find()

    @cached_property
    def web(self) -> Target | None:
        """The target taken apart; None if it is no web address, or not a sound one."""
        return web_target(self.target)

    @property
    def is_for_each_reader(self) -> bool:
        """Whether a merge field is a part of it."""
        return FIELD in self.target

    @property
    def shown(self) -> str:
        """For a message."""
        target = self.target.replace(FIELD, "{{ ... }}")
        return target if len(target) <= 100 else f"{target[:97]}..."


def link_targets(context: CheckContext) -> Iterator[LinkTarget]:
    """The writer's links in order, then the template's. Not those that every mail has."""
    for link in context.links:
        yield LinkTarget(link.target, _written(link))
    written = {link.target for link in context.links}
    # A made-up reader's values stand in the page: such a link is the writer's all the same.
    filled = ("[", *{target.split(FIELD)[0] for target in written if FIELD in target} - {""})
    for page in context.pages:
        for anchor in page.elements("a"):
            target = anchor.get("href", "")
            if target in written or target in OWN_LINKS.values() or target.startswith("#"):
                continue
            if not target.startswith(filled):
                yield LinkTarget(target, _traced(page, anchor))


def words_place(context: CheckContext, link: Link) -> Source:
    """Where a link's words are written: of a field of type url, in the field beside it."""
    if link.where == "body":
        return link.source
    field_name = f"{link.where}_text"
    for passage in context.passages:
        if passage.section is link.section and passage.where == field_name:
            return passage.at(0, len(passage.text))
    return link.source


def _written(link: Link) -> Callable[[], Source]:
    return lambda: link.source


def _traced(page: Page, anchor: etree._Element) -> Callable[[], Source]:
    return lambda: page.source(anchor)
