"""Draws the icons of the installed portal from static/src/img/favicon.svg: `python -m scripts.draw_icons`.

Telephones want PNG in fixed sizes. The drawing is one outline of straight lines, so Pillow is enough for it; the
results are committed, and this is run again only when the drawing changes.
"""

import re
from pathlib import Path

from PIL import Image, ImageDraw

IMAGES = Path(__file__).parent.parent / "static" / "src" / "img"
GRID = 20
FINER = 8
"""Drawn so many times larger and then made smaller, for smooth edges."""
WHITE = (255, 255, 255, 255)

Point = tuple[float, float]


def main() -> None:
    svg = (IMAGES / "favicon.svg").read_text()
    for name, size, share, corner in (
        ("icon-192.png", 192, 0.68, 0.2),
        ("icon-512.png", 512, 0.68, 0.2),
        ("icon-180.png", 180, 0.62, 0),
        # Cut to a circle by some telephones: what matters stays within four fifths of the middle.
        ("icon-maskable-512.png", 512, 0.52, 0),
    ):
        drawn(svg, size=size, share=share, corner=corner).save(IMAGES / name, optimize=True)


def drawn(svg: str, *, size: int, share: float, corner: float) -> Image.Image:
    """The staircase in white on a tile in its own colour.

    Args:
        share: how much of the tile the drawing's grid takes.
        corner: the radius of the tile's corners as a share of its side; 0 fills the square.
    """
    side = size * FINER
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), side * corner, fill=colour_of(svg))
    scale, edge = side * share / GRID, side * (1 - share) / 2
    points = [(x * scale + edge, y * scale + edge) for x, y in points_of(svg)]
    width = float(_found(r'stroke-width="([\d.]+)"', svg)) * scale
    pen.line(points, fill=WHITE, width=round(width))
    for x, y in points:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=WHITE)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def colour_of(svg: str) -> str:
    return _found(r"stroke:(#[0-9a-f]{6})", svg)


def points_of(svg: str) -> list[Point]:
    """The corners of a path of M, h, v, H and V."""
    x = y = 0.0
    points: list[Point] = []
    for letter, numbers in re.findall(r"([MhvHV])([-\d. ]+)", _found(r' d="([^"]+)"', svg)):
        values = [float(each) for each in numbers.split()]
        if letter == "M":
            x, y = values
        elif letter == "h":
            x += values[0]
        elif letter == "v":
            y += values[0]
        elif letter == "H":
            x = values[0]
        else:
            y = values[0]
        points.append((x, y))
    return points


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"favicon.svg has no {pattern}")
    return match[1]


if __name__ == "__main__":
    main()
