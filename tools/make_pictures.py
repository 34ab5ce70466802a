"""Draw the pictures of the regional template and of the example issue.

    python tools/make_pictures.py [PROJECT]

The same files come out on every run with the same Pillow. Everything is drawn at three times its
size and scaled down, which is what makes the edges smooth.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

SMOOTH = 3

BAND = (11, 59, 69)  # theme.colour.band: the masthead melts into the band below it
TEAL = (11, 97, 106)
MIST = (134, 196, 192)
CREAM = (250, 240, 226)
PEACH = (247, 203, 160)
AMBER = (239, 168, 92)
RUST = (196, 90, 50)
INK = (16, 45, 54)


def rgb(text: str) -> Colour:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    a, b, c = (round(x + (y - x) * share) for x, y in zip(first, second, strict=True))
    return a, b, c


class Canvas:
    """A picture in the making. Coordinates are those of the finished picture."""

    def __init__(self, width: int, height: int, background: Colour) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SMOOTH, height * SMOOTH), background)

    def sky(self, *stops: tuple[float, Colour]) -> None:
        """A gradient from top to bottom; each stop is a share of the height and its colour."""
        column = Image.new("RGB", (1, self.image.height))
        for y in range(self.image.height):
            at = y / self.image.height
            below = next((stop for stop in stops if stop[0] >= at), stops[-1])
            above = next((stop for stop in reversed(stops) if stop[0] <= at), stops[0])
            span = below[0] - above[0]
            share = (at - above[0]) / span if span else 0.0
            column.putpixel((0, y), mix(above[1], below[1], share))
        self.image.paste(column.resize(self.image.size))

    def paint(
        self,
        colour: Colour,
        draw: Callable[[ImageDraw.ImageDraw], None],
        opacity: float = 1.0,
        blur: float = 0,
        within: Image.Image | None = None,
    ) -> Image.Image:
        """Fill what `draw` draws in white with a colour. The mask is returned, for `within`."""
        mask = Image.new("L", self.image.size, 0)
        draw(ImageDraw.Draw(mask))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * SMOOTH))
        if within is not None:
            mask = ImageChops.multiply(mask, within)
        shape = mask
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        self.image.paste(colour, (0, 0, *self.image.size), mask)
        return shape

    def disc(self, x: float, y: float, radius: float, colour: Colour, **how: float) -> None:
        self.oval(x, y, radius, radius, colour, **how)

    def oval(
        self, x: float, y: float, across: float, down: float, colour: Colour, **how: float
    ) -> Image.Image:
        box = scaled([(x - across, y - down), (x + across, y + down)])
        return self.paint(colour, lambda pen: pen.ellipse(box, fill=255), **how)  # type: ignore[arg-type]  # one signature for all shapes

    def shape(self, points: Sequence[Point], colour: Colour, **how: float) -> Image.Image:
        outline = scaled(points)
        return self.paint(colour, lambda pen: pen.polygon(outline, fill=255), **how)  # type: ignore[arg-type]  # as above

    def finished(self) -> Image.Image:
        return self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)


def scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * SMOOTH, y * SMOOTH) for x, y in points]


def ridge(
    base: float, waves: Sequence[tuple[float, float, float]], width: int, floor: int
) -> list[Point]:
    """The outline of a range of hills; each wave is (height, length, shift)."""
    tops = [
        (
            float(x),
            base - sum(h * (0.5 + 0.5 * math.sin((x + s) / w * math.tau)) for h, w, s in waves),
        )
        for x in range(-2, width + 3, 2)
    ]
    return [(-2.0, float(floor)), *tops, (width + 2.0, float(floor))]


def masthead() -> Image.Image:
    art = Canvas(1200, 240, BAND)
    art.sky(
        (0, rgb("0e4a55")),
        (0.30, rgb("2f7a80")),
        (0.52, rgb("9cc4b4")),
        (0.66, rgb("f3cf9f")),
        (0.80, rgb("f6b87a")),
        (1, rgb("f0a765")),
    )
    art.oval(842, 168, 330, 62, rgb("ffdca6"), opacity=0.55, blur=34)
    art.disc(842, 150, 74, rgb("fff0cf"), opacity=0.60, blur=20)
    art.disc(842, 150, 37, rgb("fffaf0"))
    for x, y, length, thick, opacity in (
        (150, 62, 190, 5, 0.20),
        (310, 78, 120, 4, 0.16),
        (560, 46, 210, 5, 0.16),
        (690, 92, 130, 4, 0.26),
        (1010, 70, 170, 5, 0.20),
        (1100, 104, 120, 4, 0.30),
    ):
        art.oval(x, y, length / 2, thick, CREAM, opacity=opacity, blur=3)

    far, middle, near = rgb("7fa9a0"), rgb("43838a"), rgb("1d5f69")
    art.shape(
        ridge(196, [(34, 610, 180), (16, 230, 40), (5, 90, 10)], 1200, 240), far, opacity=0.75
    )
    wrekin = [
        (0, 178), (60, 168), (120, 146), (168, 124), (206, 112), (240, 116), (286, 140),
        (340, 160), (420, 176), (520, 188), (520, 240), (0, 240),
    ]  # fmt: skip
    art.shape(rounded(wrekin, 3), mix(far, middle, 0.55))
    malverns = [
        (820, 196), (890, 182), (940, 160), (978, 148), (1010, 158), (1046, 138), (1084, 128),
        (1120, 146), (1156, 140), (1202, 158), (1202, 240), (820, 240),
    ]  # fmt: skip
    art.shape(rounded(malverns, 3), mix(far, middle, 0.55))
    art.shape(ridge(206, [(16, 420, 300), (7, 150, 60)], 1200, 240), middle)

    skyline(art, mix(middle, near, 0.72))
    art.shape(ridge(218, [(13, 520, 120), (6, 170, 20)], 1200, 240), near)
    trees(art, near)
    art.shape(ridge(234, [(12, 640, 420), (5, 210, 130)], 1200, 240), BAND)
    return art.finished()


def rounded(points: Sequence[Point], rounds: int) -> list[Point]:
    """Chaikin's corner cutting (1974): every round halves the corners; the ends stay."""
    line = list(points)
    for _ in range(rounds):
        cut = [line[0]]
        for (ax, ay), (bx, by) in itertools.pairwise(line):
            cut += [(ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25)]
            cut += [(ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75)]
        line = [*cut, line[-1]]
    return line


def ring(points: Sequence[Point], rounds: int) -> list[Point]:
    """The same for a closed outline: no corner stays."""
    line = list(points)
    for _ in range(rounds):
        line = [
            (a[0] * share + b[0] * (1 - share), a[1] * share + b[1] * (1 - share))
            for a, b in itertools.pairwise([*line, line[0]])
            for share in (0.75, 0.25)
        ]
    return line


def skyline(art: Canvas, colour: Colour) -> None:
    floor = 222.0

    def block(x: float, top: float, width: float) -> None:
        art.shape([(x, floor), (x, top), (x + width, top), (x + width, floor)], colour)

    def spire(x: float, shoulder: float, tip: float, width: float) -> None:
        block(x - width / 2, shoulder, width)
        half = width / 2
        art.shape([(x - half, shoulder), (x, tip), (x + half, shoulder)], colour)

    def kiln(x: float, top: float, width: float) -> None:
        half, neck = width / 2, width * 0.17
        outline = [
            (x - half, floor), (x - half, 196), (x - half * 0.9, 182), (x - neck, top + 10),
            (x - neck, top), (x + neck, top), (x + neck, top + 10), (x + half * 0.9, 182),
            (x + half, 196), (x + half, floor),
        ]  # fmt: skip
        art.shape(rounded(outline, 2), colour)
        art.shape(
            [
                (x - neck - 2, top),
                (x + neck + 2, top),
                (x + neck + 2, top + 4),
                (x - neck - 2, top + 4),
            ],
            colour,
        )

    # Stoke-on-Trent's bottle kilns
    kiln(92, 152, 34)
    kiln(130, 160, 28)
    block(150, 190, 44)
    art.shape([(150, 190), (172, 178), (194, 190)], colour)
    # Coventry's three spires
    spire(300, 172, 122, 13)
    spire(330, 178, 136, 12)
    spire(362, 170, 112, 14)
    block(292, 192, 86)
    # Birmingham: library, Rotunda, towers
    block(470, 176, 26)
    block(500, 184, 30)
    for step, (x, top, width) in enumerate(((536, 180, 66), (542, 166, 54), (550, 154, 38))):
        block(x, top, width)
        if step == 2:
            art.oval(569, 154, 12, 5, colour)
    block(612, 150, 30)
    art.oval(627, 150, 15, 3.5, colour)
    block(650, 168, 22)
    block(676, 118, 11)
    block(673, 112, 17)
    block(680, 88, 3)
    block(694, 160, 26)
    art.shape([(694, 161), (720, 148), (720, 161)], colour)
    block(726, 182, 34)
    block(764, 174, 20)
    # A viaduct, then Worcester's cathedral
    for arch in range(5):
        x = 856 + arch * 25
        block(x, 186, 5)
        art.paint(
            colour,
            lambda pen, x=x: pen.rectangle(scaled([(x, 186), (x + 30, 194)]), fill=255),  # type: ignore[misc]  # bound in the loop on purpose
        )
        art.paint(
            colour,
            lambda pen, x=x: pen.polygon(  # type: ignore[misc]  # as above
                scaled(
                    [(x + 5, 194)]
                    + [
                        (
                            x + 15 - 10 * math.cos(t / 12 * math.pi),
                            206 - 12 * math.sin(t / 12 * math.pi),
                        )
                        for t in range(13)
                    ]
                    + [(x + 25, 194)]
                ),
                fill=255,
            ),
        )
    block(1020, 142, 28)
    for x in (1020, 1045):
        spire(x + 1.5, 142, 128, 4)
    block(1046, 182, 70)
    art.shape([(1046, 182), (1052, 172), (1110, 172), (1116, 182)], colour)
    spire(1112, 178, 160, 5)
    block(976, 184, 46)
    art.shape([(976, 184), (982, 175), (1016, 175), (1022, 184)], colour)


def trees(art: Canvas, colour: Colour) -> None:
    for x, y, size in (
        (22, 206, 10), (40, 209, 8), (214, 208, 11), (232, 211, 8), (250, 210, 9), (420, 207, 9),
        (438, 206, 11), (800, 207, 10), (818, 209, 8), (836, 207, 11), (1140, 206, 9),
        (1158, 204, 12), (1180, 206, 9),
    ):  # fmt: skip
        art.oval(x, y, size, size * 0.95, colour)
        art.oval(x, y + size, size * 0.4, size, colour)


def bubble(
    art: Canvas, box: tuple[float, float, float, float], tail: Sequence[Point], colour: Colour
) -> None:
    left, top, right, bottom = box
    radius = min(right - left, bottom - top) * 0.36

    def draw(pen: ImageDraw.ImageDraw) -> None:
        pen.rounded_rectangle(scaled([(left, top), (right, bottom)]), radius * SMOOTH, fill=255)
        pen.polygon(scaled(rounded(tail, 0)), fill=255)

    art.paint(INK, lambda pen: draw(pen), opacity=0.10, blur=14)
    art.paint(colour, draw, opacity=0.92)


def lines(
    art: Canvas, x: float, y: float, widths: Sequence[float], colour: Colour, opacity: float
) -> None:
    for row, width in enumerate(widths):
        top = y + row * 27
        box = scaled([(x, top), (x + width, top + 11)])
        art.paint(
            colour,
            lambda pen, box=box: pen.rounded_rectangle(box, 5.5 * SMOOTH, fill=255),  # type: ignore[misc]  # bound in the loop on purpose
            opacity=opacity,
        )


def person(
    art: Canvas, x: float, size: float, skin: Colour, hair: Colour, top: Colour, style: str
) -> None:
    """Head and shoulders, without a face; `size` is the radius of the head."""
    floor, head = 604.0, 604 - size * 3.05
    if style == "long":
        art.oval(x, head + size * 0.42, size * 1.16, size * 1.62, hair)
    elif style == "afro":
        art.disc(x, head - size * 0.22, size * 1.38, hair)
    elif style == "bun":
        art.disc(x, head - size * 1.28, size * 0.48, hair)
    shoulders = [
        (x - size * 2.15, floor), (x - size * 2.1, floor - size * 0.9),
        (x - size * 1.55, floor - size * 1.5), (x - size * 0.5, floor - size * 1.82),
        (x + size * 0.5, floor - size * 1.82), (x + size * 1.55, floor - size * 1.5),
        (x + size * 2.1, floor - size * 0.9), (x + size * 2.15, floor),
    ]  # fmt: skip
    art.shape(rounded(shoulders, 4), top)
    neck = [
        (x - size * 0.36, head + size * 0.5), (x - size * 0.38, floor - size * 1.7),
        (x, floor - size * 1.36), (x + size * 0.38, floor - size * 1.7),
        (x + size * 0.36, head + size * 0.5),
    ]  # fmt: skip
    art.shape(rounded(neck, 2), mix(skin, INK, 0.16))
    face = art.oval(x, head, size * 0.86, size, skin)
    if style == "scarf":
        art.oval(x, head, size * 1.08, size * 1.2, hair)
        drape = [
            (x - size * 1.06, head - size * 0.1), (x - size * 1.04, head + size * 0.6),
            (x - size * 1.5, floor - size * 1.5), (x - size * 0.9, floor - size * 1.0),
            (x, floor - size * 0.8), (x + size * 0.9, floor - size * 1.0),
            (x + size * 1.5, floor - size * 1.5), (x + size * 1.04, head + size * 0.6),
            (x + size * 1.06, head - size * 0.1),
        ]  # fmt: skip
        art.shape(rounded(drape, 3), hair)
        art.oval(x, head + size * 0.22, size * 0.76, size * 0.9, mix(hair, INK, 0.24))
        art.oval(x, head + size * 0.06, size * 0.72, size * 0.87, skin)
        return
    fringe = {
        "short": (-0.1, -0.86, 1.04, 0.5),
        "long": (-0.22, -0.70, 1.02, 0.56),
        "afro": (0.0, -0.86, 1.2, 0.58),
        "bun": (0.18, -0.76, 1.0, 0.56),
    }[style]
    dx, dy, across, down = fringe
    art.oval(
        x + dx * size, head + dy * size, across * size, down * size, hair,
        within=face,  # type: ignore[arg-type]  # a mask, not a number
    )  # fmt: skip
    if style in ("short", "bun"):
        cap = [
            (x - size * 0.86, head - size * 0.05), (x - size * 1.06, head - size * 0.7),
            (x - size * 0.7, head - size * 1.26), (x + size * 0.1, head - size * 1.36),
            (x + size * 0.84, head - size * 1.2), (x + size * 1.06, head - size * 0.6),
            (x + size * 0.86, head - size * 0.05), (x + size * 0.76, head - size * 0.56),
            (x + size * 0.2, head - size * 0.72), (x - size * 0.6, head - size * 0.5),
        ]  # fmt: skip
        art.shape(ring(cap, 4), hair)


def story() -> Image.Image:
    art = Canvas(1200, 600, CREAM)
    art.sky((0, rgb("fbf1e2")), (0.55, rgb("f6e2c8")), (1, rgb("efd0aa")))
    art.disc(190, 120, 330, rgb("ffffff"), opacity=0.45, blur=70)
    art.disc(1040, 420, 340, AMBER, opacity=0.22, blur=80)

    bubble(art, (96, 64, 436, 246), [(214, 236), (300, 236), (232, 306)], TEAL)
    lines(art, 148, 116, (236, 190, 110), CREAM, 0.92)
    bubble(art, (388, 132, 664, 290), [(470, 280), (546, 280), (470, 338)], AMBER)
    lines(art, 438, 178, (176, 120), INK, 0.62)
    bubble(art, (620, 54, 884, 208), [(712, 198), (786, 198), (756, 268)], RUST)
    lines(art, 668, 100, (166, 112), CREAM, 0.92)
    bubble(art, (834, 112, 1116, 280), [(948, 270), (1030, 270), (1004, 336)], rgb("ffffff"))
    lines(art, 882, 158, (186, 150, 84), TEAL, 0.55)

    person(art, 196, 66, rgb("8a5a3c"), rgb("2a1c18"), rgb("e7b06c"), "afro")
    person(art, 1006, 66, rgb("f0c9a4"), rgb("7a3f22"), rgb("2c7f86"), "long")
    person(art, 468, 69, rgb("e4b48a"), rgb("2f2622"), rgb("1b5c66"), "short")
    person(art, 738, 70, rgb("c58a5e"), rgb("b9502c"), rgb("f4e3cb"), "scarf")
    return art.finished()


def portrait() -> Image.Image:
    art = Canvas(240, 240, MIST)
    art.sky((0, rgb("d9ebe7")), (1, rgb("9fcbc6")))
    art.disc(186, 66, 70, PEACH, opacity=0.85)
    hair = rgb("5c3a2a")
    skin = rgb("ecc3a0")
    art.shape(
        rounded([(72, 176), (62, 110), (78, 54), (120, 36), (162, 54), (178, 110), (168, 176)], 4),
        hair,
    )
    jacket = [
        (18, 244),
        (22, 208),
        (62, 184),
        (104, 172),
        (136, 172),
        (178, 184),
        (218, 208),
        (222, 244),
    ]
    art.shape(rounded(jacket, 4), rgb("12505a"))
    art.shape(rounded([(92, 176), (120, 240), (148, 176), (120, 168)], 1), CREAM)
    art.shape(
        rounded([(104, 130), (100, 178), (120, 204), (140, 178), (136, 130)], 3),
        mix(skin, RUST, 0.2),
    )
    art.shape([(88, 180), (120, 242), (100, 242), (66, 190)], rgb("0d414a"))
    art.shape([(152, 180), (120, 242), (140, 242), (174, 190)], rgb("0d414a"))
    face = art.oval(120, 110, 36, 44, skin)
    art.oval(140, 62, 60, 36, hair, within=face)  # type: ignore[arg-type]  # a mask, not a number
    art.oval(78, 96, 12, 44, hair, within=face)  # type: ignore[arg-type]  # as above
    return art.finished()


def main(project: Path) -> None:
    for path, draw, quality in (
        ("templates/regional/images/masthead.jpg", masthead, 86),
        ("issues/2025-08/images/story.jpg", story, 86),
        ("issues/2025-08/images/portrait.jpg", portrait, 88),
    ):
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draw().save(target, quality=quality, optimize=True, progressive=True, subsampling=0)
        print(f"{path}: {target.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
