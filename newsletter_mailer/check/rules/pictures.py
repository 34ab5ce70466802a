"""Pictures: their weight, their size, and what mail clients make of them."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.clients.support import USUAL_CLIENTS
from newsletter_mailer.check.context.context import CheckContext
from newsletter_mailer.check.context.pictures import ShownPicture, first_written, pixels
from newsletter_mailer.check.page.page import Element
from newsletter_mailer.check.questions.registry import also, check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.compose.compiled import CompiledVariant
from newsletter_mailer.findings import Finding, Severity, Source
from newsletter_mailer.issue.pictures import Picture

#: For one picture, and for all of a variant together (react-email's linter has it for one).
HEAVY = 1024 * 1024
NOTICED = HEAVY // 2
#: Sharp on every screen at twice the width it is shown at; above this it is only weight.
LARGEST_RATIO = 3
_LIGHT = 100_000  #: octets; a picture this light may be as wide as it likes
_THIN = 2  #: pixels; what is no wider is a line or an area of one colour, stretched on purpose
_SQUASHED = 0.04  #: how far the sides' ratio may be off before it is seen


@check("image-weight", Severity.WARNING, each=Picture)
def image_weight(picture: Picture, ask: Ask) -> Iterator[Finding]:
    """A picture of 1 MB or more, or pictures of more than 1 MB together in one mail.

    On a telephone's connection that takes seconds, and mailboxes at work fill up: by default every
    mail carries its pictures. A picture from half a megabyte on is mentioned as information. (From
    5 MB on it is refused: bad-picture.) A photograph 1200 pixels wide, saved as JPEG, seldom has
    more than 200 KB.
    """
    if len(picture.content) >= NOTICED:
        is_heavy = len(picture.content) >= HEAVY
        yield ask.finding(
            first_written(ask.context, picture),
            f"{picture.path} has {_megabytes(len(picture.content))}.",
            _lighter(picture),
            Severity.WARNING if is_heavy else Severity.INFO,
        )


@also("image-weight", each=CheckContext)
def images_too_heavy_together(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """Of the variant with the most; pictures that were named by themselves do not count."""
    loads = [(sum(len(one.content) for one in _bearable(made)), made) for made in context.compiled]
    too_much = [(load, made) for load, made in loads if load > HEAVY]
    if not too_much:
        return
    load, compiled = max(too_much, key=lambda one: one[0])
    heaviest = sorted(_bearable(compiled), key=lambda one: -len(one.content))[:3]
    named = ", ".join(f"{one.path} ({len(one.content) / 1000:.0f} KB)" for one in heaviest)
    others = len(too_much) - 1
    yield ask.finding(
        context.issue.source,
        f"The pictures of the variant {compiled.variant.id} have {_megabytes(load)} together."
        + (f" So have those of {others} more." if others else ""),
        f"Save the heaviest smaller: {named}.",
    )


def _bearable(compiled: CompiledVariant) -> list[Picture]:
    return [one for one in compiled.pictures.values() if len(one.content) < HEAVY]


def _lighter(picture: Picture) -> str:
    if picture.subtype == "gif" and picture.header.is_animated:
        return "Save it with fewer frames or colours, or narrower."
    if picture.subtype == "png":
        return "If it is a photograph, save it as JPEG; 1200 pixels of width are enough."
    return "Save it 1200 pixels wide or less, as JPEG of quality 80."


def _megabytes(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB"


@check("image-size", Severity.WARNING, each=ShownPicture)
def image_size(shown: ShownPicture, ask: Ask) -> Iterator[Finding]:
    """A picture with fewer pixels than it is shown at, or with more than three times as many.

    The first looks blurred; twice as many are sharp on every screen. Too many are only weight, so
    they are a warning from 100 KB on and information below. The width at which it is shown is the
    attribute `width` of the compiled page, which Outlook takes at its word. A picture one or two
    pixels wide is a line or a colour, stretched on purpose.
    """
    picture, width = shown.picture, shown.pixels("width")
    if not width or picture.width <= _THIN:
        return
    if picture.width < width:
        yield ask.finding(
            shown.source,
            f"{picture.path} is {picture.width} pixels wide and shown at {width}: it looks "
            "blurred.",
            f"Use one that is {2 * width} pixels wide.",
        )
    elif picture.width > LARGEST_RATIO * width:
        yield ask.finding(
            shown.source,
            f"{picture.path} is {picture.width} pixels wide and shown at {width}: most of it "
            "is only weight.",
            f"Save it {2 * width} pixels wide.",
            Severity.WARNING if len(picture.content) >= _LIGHT else Severity.INFO,
        )


@check("image-squashed", Severity.WARNING, each=ShownPicture)
def image_squashed(shown: ShownPicture, ask: Ask) -> Iterator[Finding]:
    """A picture whose place in the template has another shape: it is shown squashed or stretched.

    A portrait of 240 by 320 pixels does not fit where the template shows 88 by 88. Only where the
    template fixes both `width` and `height`; `object-fit` does not help, as Outlook and Gmail do
    not know it.
    """
    picture, width, height = shown.picture, shown.pixels("width"), shown.pixels("height")
    if not width or not height or min(picture.width, picture.height) <= _THIN:
        return
    if abs(width * picture.height / (height * picture.width) - 1) > _SQUASHED:
        cut = f"{picture.width * height // width} pixels high"
        if picture.width * height // width > picture.height:
            cut = f"{picture.height * width // height} pixels wide"
        yield ask.finding(
            shown.source,
            f"{picture.path} is {picture.width} by {picture.height} pixels and shown at "
            f"{width} by {height}: it looks squashed.",
            f"Crop it to {cut}.",
        )


@check("image-without-width", Severity.WARNING, each=Element, tags=("img",))
def image_without_width(image: Element, ask: Ask) -> Iterator[Finding]:
    """A picture in the template without `width`: Outlook shows it with all the pixels it has.

    Classic Outlook reads neither `width` nor `max-width` of a style for pictures, so that one of
    1200 pixels pushes the page to twice its width. The attribute is a bare number, without px or %.
    MJML's mj-image writes it by itself.
    """
    given = image.get("width")
    if pixels(given) or image.get("class").startswith("mj-"):
        return
    picture = image.page.picture(image.node)
    name = image.get("src") if picture is None else picture.path
    yield ask.finding(
        image.source,
        f'width="{given}" of the picture {name} is no number of pixels; Outlook shows it '
        "as large as the file is."
        if given
        else f"The picture {name} has no width; Outlook shows it as large as the file is.",
        'Write how wide it is shown, such as width="300".',
    )


@check("animated-picture", Severity.INFO, each=Picture)
def animated_picture(picture: Picture, ask: Ask) -> Iterator[Finding]:
    """A moving picture (GIF or PNG), of which classic Outlook shows the first frame alone.

    So the first frame must carry the message (caniemail.com, image-gif). What moves for more than
    five seconds beside text also distracts some readers so that they cannot read (WCAG 2.2.2). Not
    said where classic Outlook is not among the clients in newsletter.toml.
    """
    context = ask.context
    chosen = context.issue.check.clients or context.settings.check.clients or USUAL_CLIENTS
    if "outlook-classic" in chosen and picture.header.is_animated:
        yield ask.finding(
            first_written(context, picture),
            f"{picture.path} moves; classic Outlook shows its first frame alone.",
            "See to it that the first frame says all there is to say.",
        )


@check("image-for-print", Severity.WARNING, each=Picture)
def image_for_print(picture: Picture, ask: Ask) -> Iterator[Finding]:
    """A JPEG in the colours of print (CMYK), which some mail clients show wrongly or not at all.

    Such pictures come from printed reports and posters. Screens have red, green and blue.
    """
    if picture.header.is_for_print:
        yield ask.finding(
            first_written(ask.context, picture),
            f"{picture.path} has the colours of print (CMYK); not every mail client shows them.",
            "Save it in RGB, as for the web.",
        )


@check("unused-picture", Severity.INFO)
def unused_picture(context: CheckContext, ask: Ask) -> Iterator[Finding]:
    """A picture in the issue's folder images/ that no section shows.

    It is not mailed. Perhaps a section forgot it, or it can go.
    """
    folder = context.issue.source.file.rpartition("/")[0]
    for path in context.issue.unused_pictures:
        yield ask.finding(
            Source(f"{folder}/{path}"),
            "No section shows this picture.",
            f"Name it in a section, or delete {path}.",
        )
