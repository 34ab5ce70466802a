"""In which colours a picture with transparent parts is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from newsletter_mailer.check.look.colours import Colour
from newsletter_mailer.issue.image_files import UnreadableImage, opened_image
from newsletter_mailer.issue.pictures import Picture

_MOST = 500_000  #: points that are looked at
_SEEN = 128  #: opacity, of 255, from which on a point counts


@lru_cache(maxsize=64)
def drawn_colours(picture: Picture) -> Mapping[Colour, int] | None:
    """The colours of the points that are not transparent, and how many there are of each.

    None where they cannot be told: another format than PNG, large, or damaged.
    """
    if picture.subtype != "png" or picture.width * picture.height > _MOST:
        return None
    try:
        with opened_image(picture.content) as image:
            channels = image.convert("RGBA").tobytes()
    except UnreadableImage:
        return None
    found: Counter[Colour] = Counter()
    points = Counter(zip(*(channels[nth::4] for nth in range(4)), strict=True))
    for (red, green, blue, opacity), count in points.items():
        if opacity >= _SEEN:
            found[Colour(red / 255, green / 255, blue / 255)] += count
    return found
