"""Chart colours contrast with the background and each other, also for colour-blind people."""

from __future__ import annotations

import math
import re
from itertools import combinations, pairwise

from mediakeep.pages.charts import theme
from tests.sampling import each_row


def luminance(colour: str) -> float:
    """Return the relative luminance, as WCAG 2.1 defines it."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> list[float]:
    parts = (
        [int(part) for part in re.findall(r"\d+", colour)[:3]]
        if colour.startswith("rgb")
        else list(bytes.fromhex(colour[1:]))
    )
    shares = [part / 255 for part in parts]
    return [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


# How people with each kind of colour blindness see linear red, green and blue: Machado, Oliveira
# and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
SIGHTS = {
    "all colours": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def lab(colour: str, sight: str) -> list[float]:
    """Return a perceived colour in CIELAB with the white point of sRGB."""
    seen = [
        sum(share * one for share, one in zip(row, linear(colour), strict=True))
        for row in SIGHTS[sight]
    ]
    red, green, blue = (min(1.0, max(0.0, one)) for one in seen)
    parts = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in parts)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@each_row("theme", [theme.LIGHT, theme.DARK])
@each_row("sight", SIGHTS)
def test_the_colours_of_series_differ_for_every_eye(theme: theme.Theme, sight: str) -> None:
    apart = [
        math.dist(lab(one, sight), lab(other, sight))
        for one, other in combinations(theme.series, 2)
    ]
    beside = [
        math.dist(lab(one, sight), lab(other, sight)) for one, other in pairwise(theme.series)
    ]
    assert min(apart) > 10, "2.3 is what one just sees"
    assert min(beside) > 20


@each_row("theme", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_colours_and_letters_stand_out_from_the_paper(theme: theme.Theme) -> None:
    assert min(contrast(one, theme.paper) for one in theme.series) >= 3
    assert min(contrast(one, theme.paper) for one in (theme.ink, theme.faint)) >= 4.5
