"""Our own contrast rule, which needs no browser, says what axe-core says in one."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Mapping, Sequence

import pytest

from newsletter_mailer.check.evidence.axe_core.fault import AxeFault
from newsletter_mailer.check.evidence.axe_core.in_browser import seen_by_axe
from newsletter_mailer.check.look.colours import Colour, contrast, parse_colour
from newsletter_mailer.check.look.legible_contrast import MEDIA, too_near
from newsletter_mailer.check.page.page import Page, Seen
from newsletter_mailer.compose.compiled import CompiledVariant

#: Words without any contrast are hidden on purpose, axe-core says, and leaves them to people.
JUST_SEEN = 1.01

#: Words and what is around them: style sheet, old attributes, near misses, what inherits.
PLANTED = """\
<p id="grey-on-white" style="color: #777777">4.48 to 1</p>
<p id="just-dark-enough" style="color: #767676">4.54 to 1</p>
<p id="large" style="color: #949494; font-size: 24px">3.03 to 1, large</p>
<p id="not-quite-large" style="color: #949494; font-size: 23px">3.03 to 1</p>
<p id="large-and-bold" style="color: #949494; font-size: 18.7px; font-weight: 700">3.03 to 1</p>
<p id="bold-not-large" style="color: #949494; font-size: 18px; font-weight: bold">3.03 to 1</p>
<p id="large-and-too-faint" style="color: #959595; font-size: 30px">2.98 to 1</p>
<p id="large-in-points" style="color: #949494; font-size: 18pt">24 pixels</p>
<p id="by-name" style="color: silver">silver</p>
<p id="by-rgb" style="color: rgb(200, 200, 200)">rgb</p>
<p id="by-hsl" style="color: hsl(120, 100%, 40%)">hsl</p>
<p id="see-through" style="color: rgba(0, 0, 0, .4)">see-through</p>
<p id="see-through-enough" style="color: rgba(0, 0, 0, .6)">see-through enough</p>
<p id="short-hex" style="color: #999">short</p>
<p id="veiled" style="opacity: .5">veiled</p>
<div style="opacity: .7"><p id="veiled-twice" style="opacity: .7">veiled twice</p></div>
<p id="link"><a id="usual-link" href="https://example.org/">a link</a> in dark words</p>
<div style="background: #003366"><p id="inherits-black">black on dark blue</p>
<p id="white-on-blue" style="color: #fff">white on dark blue</p>
<a id="usual-link-on-blue" href="https://example.org/b">a link</a></div>
<table role="none"><tr><td bgcolor="#222222"><font id="old" color="#444444">old</font></td></tr>
</table>
<div style="background: #222"><div style="background: rgba(255, 255, 255, .9)">
<p id="through-glass">black on white glass on black</p>
<p id="grey-through-glass" style="color: #707070">grey on the same</p></div></div>
<p id="by-class" class="faint">by a class</p>
<p id="won-by-style" class="faint" style="color: black">the style attribute wins</p>
<p id="lost-to-important" class="must" style="color: black">important wins</p>
<ul><li id="descendant"><strong id="strong">bold</strong> and not</li></ul>
<p id="hidden" style="color: white; display: none">hidden</p>
<p id="unseen" style="color: white; visibility: hidden">unseen</p>
<p id="dark-only" class="night">faint at night</p>
<p id="never-at-night" class="day">faint by day</p>
<div class="panel"><p id="in-panel">on what turns dark</p></div>
"""
HEAD = """\
<meta name="color-scheme" content="light dark"><style>
:root { color-scheme: light dark } body { background: #ffffff; color: #111111 }
.faint { color: #aaa } .must { color: #bbb !important } ul li { color: #888 }
li strong { color: #000 }
.night { color: #333 } .day { color: #ccc; background: #fff } .panel { background: #eee }
@media (prefers-color-scheme: dark) {
  body { background: #101010 !important; color: #eeeeee !important }
  .night { color: #444 !important } .day { color: #111 !important }
  .panel { background: #777 !important }
}
</style>
"""


#: Nothing but what browsers do by themselves, in light and dark.
BARE = """\
<meta name="color-scheme" content="light dark"><style>
@media (prefers-color-scheme: dark) { p { color: #444 } }
</style>
"""


def page_of(head: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='en'><head><title>T</title>{head}</head>"
        f"<body><h1>Contrast</h1>{body}</body></html>"
    )


def invented(count: int) -> str:
    """Boxes in boxes with words in whatever colours, sizes and weights; the same in every run."""
    dice = random.Random(2025)

    def colour() -> str:
        red, green, blue = (dice.randrange(256) for _ in range(3))
        return dice.choice(
            (
                f"#{red:02x}{green:02x}{blue:02x}",
                f"rgb({red}, {green}, {blue})",
                f"rgba({red}, {green}, {blue}, {dice.choice((0.3, 0.6, 0.9, 1))})",
                f"hsl({red}, {green % 101}%, {blue % 101}%)",
                dice.choice(("teal", "navy", "gold", "tomato", "white", "black", "transparent")),
            )
        )

    def words(number: int) -> str:
        style = (
            f"color: {colour()}; font-size: {dice.choice((12, 16, 18, 19, 23, 24, 32))}px; "
            f"font-weight: {dice.choice((400, 600, 700, 900))}"
        )
        tag = dice.choice(("p", "div", "h2"))
        return f'<{tag} id="n{number}" style="{style}">Words {number}</{tag}>'

    def box(number: int) -> str:
        inner = words(number)
        # axe-core mixes see-through words under an opacity with white, whatever lies below.
        opacity = 1 if re.search("rgba|color: transparent", inner) else dice.choice((1, 1, 1, 0.8))
        return (
            f'<div style="background-color: {colour()}; opacity: {opacity}">'
            f'<div style="background-color: {colour()}">{inner}</div></div>'
        )

    return "\n".join(box(number) for number in range(count))


#: By scheme and id: the colour of the words, then of what is under them; octets.
Faint = Mapping[tuple[str, str], bytes]


def rounded(*colours: Colour) -> float:
    """The contrast of what a browser makes of them, which knows only octets."""
    words, under = (parse_colour(str(colour)) for colour in colours)
    assert words is not None
    assert under is not None
    return contrast(words, under)


def ours(page: Page) -> Faint:
    found: dict[tuple[str, str], bytes] = {}
    for node, elements in page.worded.items():
        for scheme, (medium, _) in zip(("light", "dark"), MEDIA, strict=False):
            pair = too_near(medium, node)
            if pair is not None and JUST_SEEN <= rounded(pair.words, pair.under) < pair.needed:
                colours = bytes.fromhex(f"{pair.words}{pair.under}".replace("#", ""))
                found |= {(scheme, one.get("id", str(one.tag))): colours for one in elements}
    return found


def theirs(page: Page, faults: Sequence[AxeFault]) -> Faint:
    found: dict[tuple[str, str], bytes] = {}
    for fault in faults:
        if fault.rule == "color-contrast":
            element = page.all_elements[fault.element]
            colours = bytes.fromhex("".join(re.findall(r"#([0-9a-f]{6})", fault.why)))
            scheme = "dark" if fault.is_dark else "light"
            found[scheme, element.get("id", str(element.tag))] = colours
    return found


@pytest.mark.parametrize(
    ("head", "body"),
    [(HEAD, PLANTED), (BARE, PLANTED), (HEAD, invented(300))],
    ids=["planted", "bare", "invented"],
)
def test_our_contrast_is_that_of_axe(
    head: str, body: str, variant_of: Callable[[str], CompiledVariant]
) -> None:
    """The same words in the same colours, but for how an octet is rounded."""
    variant = variant_of(page_of(head, body))
    page = Page(variant, Seen(), lambda variant: ())

    mine, by_axe = ours(page), theirs(page, seen_by_axe([variant], os.environ)["full"])

    assert len(by_axe) > 20
    assert mine.keys() == by_axe.keys()
    for key, colours in by_axe.items():
        assert all(abs(a - b) <= 1 for a, b in zip(colours, mine[key], strict=True)), key
