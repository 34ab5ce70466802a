"""A page of the documentation: Markdown in, HTML out, with links to the other pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


def title(markdown: str) -> str:
    """The words of its first heading; without one, nothing."""
    found = re.search(r"(?m)^# (.+)$", markdown)
    return found[1].strip() if found else ""


def page(markdown: str, leads_somewhere: Callable[[str], bool]) -> str:
    """HTML. A link to a file for which `leads_somewhere` (asked with the path as written) is False
    stays words: the source code is not part of the documentation.
    """
    tokens = _PARSER.parse(markdown)
    for one, following in pairwise(tokens):
        if one.type == "heading_open":
            one.attrSet("id", anchor(following.content))
    for link in (inside for one in tokens for inside in one.children or ()):
        if link.type == "link_open":
            _turn(link, leads_somewhere)
    body = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return _template().render(title=title(markdown), body=body)


def anchor(heading: str) -> str:
    """Where a link with "#" leads, as GitHub and GitLab make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _turn(link: Token, leads_somewhere: Callable[[str], bool]) -> None:
    """To another page's HTML."""
    target = str(link.attrGet("href"))
    address = urlsplit(target)
    if address.scheme or not address.path:
        return
    if not leads_somewhere(address.path):
        del link.attrs["href"]
        return
    html = re.sub(r"\.md$", ".html", address.path)
    link.attrSet("href", f"{html}#{address.fragment}" if address.fragment else html)


@cache
def _template() -> Template:
    surroundings = Environment(
        loader=PackageLoader("newsletter_mailer.manual", "."),
        undefined=StrictUndefined,
        autoescape=True,
    )
    return surroundings.get_template("page.html")
