"""One colour of a company, as the pages may use it: every pair of text and ground holds WCAG 2.2 AA, in light and dark.

The rules are those of static/contrast.mjs for the accent colour; the grounds are those of static/src/css/tokens.css
(a test compares them). The chosen colour is the accent on light ground, so it is refused where it cannot be read there,
with the nearest one that can. What dark ground needs, and the soft and the strong kind, is worked out from it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

LEAST = 4.5
HEX = re.compile(r"#[0-9a-f]{6}")

RGB = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True)
class Theme:
    """What a colour meets in one of the two looks."""

    grounds: tuple[str, ...]
    """paper, card, raised, hover, note"""
    inks: tuple[str, ...]
    """Whatever else is written on the soft accent."""
    tiers: tuple[str, ...]
    """The colours of tier badges, which stand on 12 % of themselves."""
    ink: str
    on_accent: str
    card: str


LIGHT = Theme(
    grounds=("#f6f7f9", "#ffffff", "#ffffff", "#eef2f6", "#fff7e0"),
    inks=("#16202c", "#51606f", "#5f6c7a", "#176f42", "#8f5200", "#b92525", "#5b6774"),
    tiers=("#4f5e6d", "#0a6762", "#2956c2", "#7337b8", "#855005", "#ad2659", "#2c6a1c", "#07638a"),
    ink="#16202c",
    on_accent="#ffffff",
    card="#ffffff",
)
DARK = Theme(
    grounds=("#10161d", "#171f28", "#1c2631", "#1d2732", "#2b2516"),
    inks=("#e6ebf1", "#a3b1bf", "#93a1af", "#4cc38a", "#f0a63b", "#ff8a82", "#95a3b2"),
    tiers=("#a0b0c0", "#3cc4ba", "#88abff", "#c29bf6", "#e5aa4a", "#f58bb0", "#7fc76a", "#55bfe8"),
    ink="#e6ebf1",
    on_accent="#06121f",
    card="#171f28",
)
SOFT_SHARES = [share / 100 for share in range(13, -1, -1)]
STEP = 0.004
STRONGER = 0.06


@dataclass(frozen=True)
class Accent:
    """The four tokens of the accent in one look, as hexadecimal colours."""

    accent: str
    strong: str
    soft: str
    on: str


@dataclass(frozen=True)
class Palette:
    light: Accent
    dark: Accent


@lru_cache(maxsize=512)
def palette(colour: str) -> Palette:
    """Light and dark from one colour. One that `passes` is the accent of the light look itself."""
    return Palette(
        light=_accent(nearest(colour), LIGHT), dark=_accent(_readable(colour, DARK, lighter=True), DARK)
    )


def passes(colour: str) -> bool:
    """Whether it can be read on light ground and be written on, as it is."""
    return _is_readable(colour, LIGHT)


def nearest(colour: str) -> str:
    """The colour itself if it passes, else the same hue, as much darker as it takes."""
    return _readable(colour, LIGHT, lighter=False)


def weakest(colour: str) -> float:
    """The lowest contrast that the colour would have on the light look, of what needs LEAST."""
    return min(_contrasts(colour, LIGHT))


def contrast(one: str, other: str) -> float:
    return _ratio(_rgb(one), _rgb(other))


def _accent(colour: str, theme: Theme) -> Accent:
    is_light = theme is LIGHT
    lightness, chroma, hue = _to_oklch(_rgb(colour))
    strong = _hex(_from_oklch(lightness + (-STRONGER if is_light else STRONGER), chroma, hue))
    tints = (_mix(colour, theme.card, share) for share in SOFT_SHARES)
    soft = next((tint for tint in tints if _soft_holds(tint, colour, strong, theme)), theme.card)
    return Accent(accent=colour, strong=strong, soft=soft, on=theme.on_accent)


def _soft_holds(soft: str, accent: str, strong: str, theme: Theme) -> bool:
    on_it = [contrast(ink, soft) for ink in (*theme.inks, accent, strong)]
    badges = [contrast(tier, _mix(tier, soft, 0.12)) for tier in theme.tiers]
    return min(on_it + badges) >= LEAST


def _readable(colour: str, theme: Theme, *, lighter: bool) -> str:
    lightness, chroma, hue = _to_oklch(_rgb(colour))
    found = colour
    while not _is_readable(found, theme):
        lightness += STEP if lighter else -STEP
        found = _hex(_from_oklch(lightness, chroma, hue))
    return found


def _is_readable(colour: str, theme: Theme) -> bool:
    return min(_contrasts(colour, theme)) >= LEAST


def _contrasts(colour: str, theme: Theme) -> list[float]:
    """As text on every ground; under the text of buttons, also where these are lit up; under text as a tint."""
    lit = _mix(theme.on_accent, colour, 0.14)
    return [
        *(contrast(colour, ground) for ground in theme.grounds),
        contrast(theme.on_accent, colour),
        contrast(theme.on_accent, lit),
        contrast(theme.ink, _mix(colour, theme.card, 0.09)),
    ]


# --- Numbers ---


def _rgb(colour: str) -> RGB:
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def _hex(rgb: RGB) -> str:
    return "#" + "".join(f"{max(0, min(255, round(part))):02x}" for part in rgb)


def _mix(over: str, under: str, share: float) -> str:
    pairs = zip(_rgb(over), _rgb(under), strict=True)
    red, green, blue = (top * share + below * (1 - share) for top, below in pairs)
    return _hex((red, green, blue))


def _ratio(one: RGB, other: RGB) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: RGB) -> float:
    red, green, blue = (_linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _curved(share: float) -> float:
    return 255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055)


def _to_oklch(rgb: RGB) -> tuple[float, float, tuple[float, float]]:
    """Lightness, chroma, and the direction of the hue (Ottosson's OKLab)."""
    red, green, blue = (_linear(part) for part in rgb)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    chroma = (a * a + b * b) ** 0.5
    return lightness, chroma, (a / chroma, b / chroma) if chroma > 1e-6 else (1.0, 0.0)


def _from_oklch(lightness: float, chroma: float, hue: tuple[float, float]) -> RGB:
    """With as much of the chroma as a screen can show at this lightness."""
    lightness = max(0.0, min(1.0, lightness))
    while True:
        rgb = _from_oklab(lightness, chroma * hue[0], chroma * hue[1])
        if chroma < 0.002 or all(-0.5 <= part <= 255.5 for part in rgb):
            return rgb
        chroma *= 0.94


def _from_oklab(lightness: float, a: float, b: float) -> RGB:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return (_signed_curve(red), _signed_curve(green), _signed_curve(blue))


def _signed_curve(share: float) -> float:
    return _curved(share) if share >= 0 else -_curved(-share)
