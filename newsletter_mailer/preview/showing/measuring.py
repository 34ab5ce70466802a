"""How tall a page is, asked without a script: its own style sheet tells by what it loads.

The mail's frame has no scripts and another origin, so that the page around it cannot look inside. A
box as tall as the document is a size container; of many rules, each for one height, the one that
fits names a picture, and the browser's request for it says the height. Two boxes keep the rules
few: one counts steps of 1,024 pixels, the other what is left over, in steps of 4. (The page adds
them up: `mail-frame.js`.)
"""

from __future__ import annotations

from lxml import etree

COARSE, FINE = 1024, 4  #: pixels
_TALLEST = 64  #: coarse steps

_BOX = "position:absolute;left:0;width:1px;visibility:visible;opacity:0;pointer-events:none"


def styles(prefix: str) -> str:
    """`prefix`: what the addresses begin with; `c7` or `f31` follow."""
    coarse = (_rule("nl-tall", step, COARSE, f"{prefix}c{step}") for step in range(_TALLEST))
    fine = (_rule("nl-rest", step, FINE, f"{prefix}f{step}") for step in range(COARSE // FINE))
    return f"""
html {{ position: relative !important; height: auto !important; overflow: hidden !important; }}
#nl-tall {{ {_BOX};top:0;bottom:0;container:nl-tall/size; }}
#nl-rest {{ {_BOX};top:0;height:mod(100cqh,{COARSE}px);container:nl-rest/size; }}
#nl-tall i {{ position:absolute;width:1px;height:1px; }}
{"".join(coarse)}{"".join(fine)}"""


def add_boxes(body: etree._Element) -> None:
    """Adds what the rules measure, in place."""
    tall = etree.SubElement(body, "div", id="nl-tall")
    etree.SubElement(tall, "i", id="nl-c").text = ""
    rest = etree.SubElement(tall, "div", id="nl-rest")
    etree.SubElement(rest, "i", id="nl-f").text = ""


def _rule(container: str, step: int, size: int, address: str) -> str:
    probe = "#nl-c" if container == "nl-tall" else "#nl-f"
    low, high = step * size, (step + 1) * size
    return (
        f"@container {container} (min-height:{low}px) and (max-height:{high - 0.01}px)"
        f"{{{probe}{{background-image:url({address})}}}}\n"
    )
