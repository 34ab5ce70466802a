"""Which features of caniemail.com an element of a page uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from lxml import etree

from newsletter_mailer.check.clients.features import Use
from newsletter_mailer.check.clients.tables import client_table
from newsletter_mailer.lazy_patterns import lazy_pattern

_ELEMENTS: dict[str, tuple[str, ...]] = {
    "html-h1-h6": ("h1", "h2", "h3", "h4", "h5", "h6"),
    "html-image-maps": ("map",),
    "html-lists": ("ul", "ol", "dl"),
    "html-semantics": (
        "article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark",
        "nav", "section", "summary", "time",
    ),
    "html-svg": ("svg",),
}  # fmt: skip
_PICTURES = {
    "apng": "image-apng",
    "avif": "image-avif",
    "bmp": "image-bmp",
    "heic": "image-heif",
    "heif": "image-heif",
    "ico": "image-ico",
    "mp4": "image-mp4",
    "svg": "image-svg",
    "tif": "image-tiff",
    "tiff": "image-tiff",
    "webp": "image-webp",
}
_ENDING = lazy_pattern(r"^[^?#]*\.([a-z0-9]+)(?:[?#]|$)", re.IGNORECASE)
_TITLE_OF_ELEMENT = lazy_pattern(r"<(\w+)>(?: element)?")


@cache
def features_of_tags() -> Mapping[str, str]:
    """The feature of each element, by the titles that name one."""
    named = {
        found[1]: slug
        for slug, feature in client_table().features.items()
        if slug.startswith("html-") and (found := _TITLE_OF_ELEMENT.fullmatch(feature.title))
    }
    more = {tag: slug for slug, tags in _ELEMENTS.items() for tag in tags}
    return {**named, **more}


@cache
def features_of_attributes() -> Mapping[str, str]:
    return {
        **{
            feature.title.removesuffix(" attribute"): slug
            for slug, feature in client_table().features.items()
            if slug.startswith("html-") and feature.title.endswith(" attribute")
        },
        "srcset": "html-srcset",
    }


def uses_of_element(element: etree._Element) -> Iterator[Use]:
    """What the element itself uses; its `style` is looked at by itself."""
    tag = str(element.tag)
    slug = features_of_tags().get(tag)
    if slug is not None:
        yield Use(slug, f"<{tag}>")
    for name in element.keys():  # noqa: SIM118  # an element is no dict: its items are children
        slug = features_of_attributes().get(str(name))
        if slug is not None:
            yield Use(slug, f"{name}=")
    if tag == "img":
        ending = _ENDING.match(element.get("src", ""))
        if ending and ending[1].lower() in _PICTURES:
            yield Use(_PICTURES[ending[1].lower()], f".{ending[1].lower()}")
