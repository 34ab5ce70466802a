"""A picture of how something grows over powers of ten, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 120, 40, 44
_COLOURS = ("#0b5cad", "#b4540a", "#2e7d32")

Points = Sequence[tuple[float, float]]


def growth_plot(title: str, across: str, unit: str, lines: Mapping[str, Points], top: float) -> str:
    """`lines`: points by name; x is drawn by its logarithm. `top`: where the upright axis ends."""
    xs = sorted({x for points in lines.values() for x, _ in points})
    low, high = math.log10(xs[0]), math.log10(xs[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / (high - low)
        return (
            _LEFT + share * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" fill="#1a1a1a">{escape(title)}</text>',
    ]
    for step in range(5):
        y = top * step / 4
        left, height = place(xs[0], y)
        parts.append(
            f'<path d="M{left:.0f} {height:.1f}H{_WIDTH - _RIGHT}" stroke="#d9d9d9"/>'
            f'<text x="{left - 8:.0f}" y="{height + 4:.1f}" text-anchor="end" fill="#555">'
            f"{y:g}</text>"
        )
    for x in xs:
        along, _ = place(x, 0)
        parts.append(
            f'<text x="{along:.0f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle" '
            f'fill="#555">{x:,.0f}</text>'
        )
    parts.append(
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}" fill="#555">{escape(across)}; {escape(unit)}</text>'
    )
    for (name, points), colour in zip(lines.items(), _COLOURS, strict=False):
        places = [place(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        end, height = places[-1]
        parts.append(
            f'<text x="{end + 10:.0f}" y="{height + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
