"""Accessibility, pictures: the words for those who do not see them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator

from lxml import etree

from newsletter_mailer.check.context.alt_texts import AltText
from newsletter_mailer.check.english.words import BLANK
from newsletter_mailer.check.page.page import Element
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.text.written_alts import Alt
from newsletter_mailer.findings import Finding, Severity
from newsletter_mailer.issue.merge_text import MergeText
from newsletter_mailer.lazy_patterns import lazy_pattern

#: Screen readers cut longer ones, or read them in one breath (Email Markup Consortium's report).
LONGEST = 125

_FILE_NAME = lazy_pattern(r"\S(?:.*\S)?\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?|heic|avif)", re.I)
_BY_A_CAMERA = lazy_pattern(
    r"(?:img|dsc[a-z]?|image|photo|picture|pic|screen ?shot|scan|pxl|fig|figure|untitled|graphic|"
    r"banner|logo|wa)(?= *\d)[ \d]+"
)
_REPEATED = lazy_pattern(r"(\w)\1+|\w*(\w)\2{2,}\w*")
_SAYS_PICTURE = lazy_pattern(
    r"\s*(?:(?:an?|the)\s+)?(?:image|picture|photo|photograph|pic|graphic)\s+(?:of|showing)\s+\S",
    re.I,
)
_NOT_WORDS = lazy_pattern(r"[\W_]+")


def _plain(words: str) -> str:
    """Small letters, without punctuation: as it sounds."""
    return _NOT_WORDS.sub(" ", words.casefold()).strip()


@check("image-without-alt", Severity.ERROR, each=Element, tags=("img",))
def image_without_alt(image: Element, ask: Ask) -> Iterator[Finding]:
    """A picture of the template without alt text, not even an empty one.

    Screen readers then read out the file's name (WCAG 1.1.1). A picture that is mere decoration
    takes alt="", so that it is passed over. That a picture of an issue lacks words is the rule
    missing-alt.
    """
    if image.node.get("alt") is None:
        picture = image.page.picture(image.node)
        name = image.get("src") if picture is None else picture.path
        yield ask.finding(
            image.source,
            f"The picture {name} has no alt text.",
            'Add alt="..." that says what it shows, or alt="" if it is mere decoration.',
        )


@check("linked-image-without-words", Severity.ERROR, each=Element, tags=("img",))
def linked_image_without_words(image: Element, ask: Ask) -> Iterator[Finding]:
    """A link that is only a picture, and the picture has no words: nobody hears where it leads.

    The alt text of a linked picture names the link's target (WCAG 2.4.4).
    """
    if image.get("alt").strip():
        return
    link = next((one for one in image.node.iterancestors("a") if one.get("href")), None)
    if link is not None and not _speaks(link):
        yield ask.finding(
            image.source,
            f"The link to {link.get('href')} is a picture without words.",
            'Add alt="..." to the picture that says where the link leads.',
        )


def _speaks(link: etree._Element) -> bool:
    return bool(
        "".join(map(str, link.itertext())).strip()
        or link.get("aria-label", "").strip()
        or any(image.get("alt", "").strip() for image in link.iter("img"))
    )


@check("alt-file-name", Severity.WARNING, each=AltText)
def alt_file_name(alt: AltText, ask: Ask) -> Iterator[Finding]:
    """An alt text that is the name of a file: "IMG_2041.jpg"."""
    words = alt.words.strip()
    stem = posixpath.splitext(posixpath.basename(alt.path))[0]
    is_stem = words.casefold() == stem.casefold() and bool(re.search(r"[_\d]", stem))
    if _FILE_NAME.fullmatch(words) or is_stem:
        yield ask.finding(
            alt.source,
            f'The alt text "{words}" is the name of a file.',
            "Say what the picture shows.",
        )


@check("alt-too-long", Severity.WARNING, each=AltText)
def alt_too_long(alt: AltText, ask: Ask) -> Iterator[Finding]:
    """An alt text of more than 125 characters.

    It is heard in one go, without a way to stop or to go back. What takes longer to tell belongs
    into the text, where everybody can read it.
    """
    if len(alt.words) > LONGEST:
        yield ask.finding(
            alt.source,
            f"The alt text has {len(alt.words)} characters; {LONGEST} are as many as can be "
            "listened to.",
            "Say in one sentence what matters, and the rest in the text.",
        )


@check("alt-placeholder", Severity.WARNING, each=AltText)
def alt_placeholder(alt: AltText, ask: Ask) -> Iterator[Finding]:
    """An alt text that says nothing: "image", "logo", "photo 3", "x", "ree".

    Such words were typed to fill the field. Somebody who does not see the picture learns only that
    there is one.
    """
    words = alt.words.strip()
    empty = ask.context.vocabulary.words("empty-alt-texts")
    if BLANK not in words and not _FILE_NAME.fullmatch(words) and _is_placeholder(words, empty):
        yield ask.finding(
            alt.source,
            f'The alt text "{words}" says nothing about the picture.',
            "Say what the picture shows, as you would on the telephone.",
        )


def _is_placeholder(words: str, empty: Container[str]) -> bool:
    plain = _plain(words)
    return (
        len(plain) <= 1
        or plain in empty
        or (len(plain) <= 3 and words.isalpha() and words.islower())
        or _BY_A_CAMERA.fullmatch(plain) is not None
        or _REPEATED.fullmatch(plain) is not None
    )


@check("alt-says-picture", Severity.INFO, each=AltText)
def alt_says_picture(alt: AltText, ask: Ask) -> Iterator[Finding]:
    """An alt text that begins with "Picture of": screen readers say that it is one already.

    What kind of picture it is may matter: "Portrait of", "Map of" and "Illustration of" are fine.
    """
    if _SAYS_PICTURE.match(alt.words):
        yield ask.finding(
            alt.source,
            f'The alt text "{alt.words.strip()}" says that it is a picture, which is heard anyway.',
            "Begin with what the picture shows.",
        )


@check("alt-repeats", Severity.WARNING, each=Alt)
def alt_repeats(alt: Alt, ask: Ask) -> Iterator[Finding]:
    """An alt text that repeats the title, the caption or a line beside the picture.

    A screen reader says the same words twice. Where they repeat a name beside the picture it is
    only information: "Portrait of Ann Abbot" says a little more than "Ann Abbot".
    """
    heard = _plain(alt.words)
    if not heard or BLANK in alt.words:
        return
    for name, text in _beside(alt):
        if _plain(text) == heard:
            yield ask.finding(
                alt.source,
                f'The alt text repeats the {name}: "{alt.words.strip()}".',
                "Say what is to be seen, not what is written anyway.",
                Severity.WARNING if name in ("title", "caption") else Severity.INFO,
            )
            break


def _beside(alt: Alt) -> Iterator[tuple[str, str]]:
    """What the section says: name and text."""
    yield "title", alt.section.title.plain()
    for name, value in alt.section.fields.items():
        if isinstance(value, MergeText) and not name.endswith("_alt"):
            spec = alt.section.kind.fields.get(name)
            label = spec.label if spec is not None and name != "caption" else ""
            yield (label or name.replace("_", " ")).lower(), value.plain()
    for token in alt.section.tokens:
        if token.type == "inline" and alt.where == "body" and "![" not in token.content:
            yield "text beside it", token.content
