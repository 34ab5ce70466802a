"""Accessibility, pictures: the words for those who do not see them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from newsletter_mailer.check.page import Page
from newsletter_mailer.check.passages import BLANK, Alt
from newsletter_mailer.check.registry import Ask, check
from newsletter_mailer.check.subject import Subject
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.merge import MergeText

#: Screen readers cut longer ones, or read them in one breath (Email Markup Consortium's report).
LONGEST = 125

_FILE_NAME = re.compile(r"\S(?:.*\S)?\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?|heic|avif)", re.I)
_BY_A_CAMERA = re.compile(
    r"(?:img|dsc[a-z]?|image|photo|picture|pic|screen ?shot|scan|pxl|fig|figure|untitled|graphic|"
    r"banner|logo|wa)(?= *\d)[ \d]+"
)
_REPEATED = re.compile(r"(\w)\1+|\w*(\w)\2{2,}\w*")
_EMPTY_WORDS = """
alt; alt text; alternative text; asdf; avatar; banner; caption; chart; description; drawing; figure;
foto; graph; graphic; graphic of; header; headshot; icon; illustration; illustration of; image;
image of; img; insert alt text; jpeg; logo; logo of; map; n a; none; null; photo; photo of;
photograph; photograph of; pic; picture; picture of; placeholder; png; portrait; portrait of;
qwerty; screenshot; screenshot of; spacer; tba; tbc; test; thumbnail; todo; undefined; untitled
"""
_NOTHING_SAID = frozenset(_EMPTY_WORDS.replace("\n", " ").strip().split("; "))
_SAYS_PICTURE = re.compile(
    r"\s*(?:(?:an?|the)\s+)?(?:image|picture|photo|photograph|pic|graphic)\s+(?:of|showing)\s+\S",
    re.I,
)
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one picture, the writer's or the template's."""

    words: str
    path: str
    where: Callable[[], Source]


def _all_words(subject: Subject) -> Iterator[_Words]:
    for alt in subject.alts:
        if alt.words.strip():
            yield _Words(alt.words, alt.path, lambda alt=alt: alt.source)  # type: ignore[misc]  # mypy cannot infer a lambda's default
    own = {alt.path for alt in subject.alts} | {alt.words for alt in subject.alts}
    for page in subject.pages:
        for image in page.elements("img"):
            words = image.get("alt", "")
            picture = page.picture(image)
            path = image.get("src", "") if picture is None else picture.path
            if words.strip() and words not in own and path not in own:
                yield _Words(words, path, _placed(page, image))


def _placed(page: Page, image: etree._Element) -> Callable[[], Source]:
    return lambda: page.source(image)


def _plain(words: str) -> str:
    """Small letters, without punctuation: as it sounds."""
    return _NOT_WORDS.sub(" ", words.casefold()).strip()


@check("image-without-alt", Severity.ERROR)
def image_without_alt(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A picture of the template without alt text, not even an empty one.

    Screen readers then read out the file's name (WCAG 1.1.1). A picture that is mere decoration
    takes alt="", so that it is passed over. That a picture of an issue lacks words is the rule
    missing-alt.
    """
    for page in subject.pages:
        for image in page.elements("img"):
            if image.get("alt") is None:
                picture = page.picture(image)
                name = image.get("src", "") if picture is None else picture.path
                yield ask.finding(
                    page.source(image),
                    f"The picture {name} has no alt text.",
                    'Add alt="..." that says what it shows, or alt="" if it is mere decoration.',
                )


@check("linked-image-without-words", Severity.ERROR)
def linked_image_without_words(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """A link that is only a picture, and the picture has no words: nobody hears where it leads.

    The alt text of a linked picture names the link's target (WCAG 2.4.4).
    """
    for page in subject.pages:
        for image in page.elements("img"):
            if image.get("alt", "").strip():
                continue
            link = next((one for one in image.iterancestors("a") if one.get("href")), None)
            if link is not None and not _speaks(link):
                yield ask.finding(
                    page.source(image),
                    f"The link to {link.get('href')} is a picture without words.",
                    'Add alt="..." to the picture that says where the link leads.',
                )


def _speaks(link: etree._Element) -> bool:
    return bool(
        "".join(map(str, link.itertext())).strip()
        or link.get("aria-label", "").strip()
        or any(image.get("alt", "").strip() for image in link.iter("img"))
    )


@check("alt-file-name", Severity.WARNING)
def alt_file_name(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An alt text that is the name of a file: "IMG_2041.jpg"."""
    for one in _all_words(subject):
        words = one.words.strip()
        stem = posixpath.splitext(posixpath.basename(one.path))[0]
        is_stem = words.casefold() == stem.casefold() and bool(re.search(r"[_\d]", stem))
        if _FILE_NAME.fullmatch(words) or is_stem:
            yield ask.finding(
                one.where(),
                f'The alt text "{words}" is the name of a file.',
                "Say what the picture shows.",
            )


@check("alt-too-long", Severity.WARNING)
def alt_too_long(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An alt text of more than 125 characters.

    It is heard in one go, without a way to stop or to go back. What takes longer to tell belongs
    into the text, where everybody can read it.
    """
    for one in _all_words(subject):
        if len(one.words) > LONGEST:
            yield ask.finding(
                one.where(),
                f"The alt text has {len(one.words)} characters; {LONGEST} are as many as can be "
                "listened to.",
                "Say in one sentence what matters, and the rest in the text.",
            )


@check("alt-placeholder", Severity.WARNING)
def alt_placeholder(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An alt text that says nothing: "image", "logo", "photo 3", "x", "ree".

    Such words were typed to fill the field. Somebody who does not see the picture learns only that
    there is one.
    """
    for one in _all_words(subject):
        words = one.words.strip()
        if BLANK not in words and not _FILE_NAME.fullmatch(words) and _is_placeholder(words):
            yield ask.finding(
                one.where(),
                f'The alt text "{words}" says nothing about the picture.',
                "Say what the picture shows, as you would on the telephone.",
            )


def _is_placeholder(words: str) -> bool:
    plain = _plain(words)
    return (
        len(plain) <= 1
        or plain in _NOTHING_SAID
        or (len(plain) <= 3 and words.isalpha() and words.islower())
        or _BY_A_CAMERA.fullmatch(plain) is not None
        or _REPEATED.fullmatch(plain) is not None
    )


@check("alt-says-picture", Severity.INFO)
def alt_says_picture(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An alt text that begins with "Picture of": screen readers say that it is one already.

    What kind of picture it is may matter: "Portrait of", "Map of" and "Illustration of" are fine.
    """
    for one in _all_words(subject):
        if _SAYS_PICTURE.match(one.words):
            yield ask.finding(
                one.where(),
                f'The alt text "{one.words.strip()}" says that it is a picture, which is heard '
                "anyway.",
                "Begin with what the picture shows.",
            )


@check("alt-repeats", Severity.WARNING)
def alt_repeats(subject: Subject, ask: Ask) -> Iterator[Finding]:
    """An alt text that repeats the title, the caption or a line beside the picture.

    A screen reader says the same words twice. Where they repeat a name beside the picture it is
    only information: "Portrait of Ann Abbot" says a little more than "Ann Abbot".
    """
    for alt in subject.alts:
        heard = _plain(alt.words)
        if not heard or BLANK in alt.words:
            continue
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
