"""The theme of all charts: colours and a stylesheet that applies to charts only.

The colours are those of Okabe and Ito, "Color Universal Design" (2008), which colour-blind people
can distinguish: without yellow, which is hardly visible on white, and with grey for black. Some are
darker or lighter here, so that each has a contrast of at least 3 to 1 to the background, as WCAG
2.1 requires for graphics (success criterion 1.4.11).
"""

from __future__ import annotations

import msgspec

_SHAPE_RULES = """\
.mk-chart{max-width:100%;height:auto;direction:ltr;font:12px system-ui,-apple-system,"Segoe UI",\
Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
.mk-chart .title{font-size:17px;font-weight:600}
.mk-chart .unit,.mk-chart .legend{font-size:13px}
.mk-chart .number{font-weight:600}
.mk-chart .number,.mk-chart .aim{paint-order:stroke;stroke-width:4;stroke-linejoin:round}
.mk-chart .middle{text-anchor:middle}
.mk-chart .end{text-anchor:end}
.mk-chart .empty{font-size:15px}
.mk-chart .grid,.mk-chart .base,.mk-chart .goal{stroke-width:1;shape-rendering:crispEdges}
.mk-chart .seam{shape-rendering:crispEdges}
.mk-chart .goal{stroke-dasharray:6 4}
.mk-chart .bar{fill:currentColor;stroke-width:1;shape-rendering:crispEdges}
.mk-chart .look1 .bar{fill-opacity:.4;stroke:currentColor}
.mk-chart .look2 .bar{fill-opacity:.12;stroke:currentColor}
.mk-chart .line{fill:none;stroke:currentColor;stroke-width:2.5;stroke-linejoin:round;\
stroke-linecap:round}
.mk-chart .look1 .line{stroke-dasharray:7 6}
.mk-chart .look2 .line{stroke-dasharray:1 6}
.mk-chart .dot{fill:currentColor;stroke-width:1.5}
.mk-chart .spot{fill:transparent}
"""


class Theme(msgspec.Struct, frozen=True):
    """Colours of the background, text, lines and series."""

    paper: str
    ink: str
    faint: str
    base: str
    grid: str
    series: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b1e23",
    faint="#5c626b",
    base="#8b9099",
    grid="#e3e5e9",
    series=("#00609a", "#c48200", "#007d5b", "#cc79a7", "#a34400", "#3f9bd4", "#44474d"),
)
DARK = Theme(
    paper="#15181d",
    ink="#e8eaed",
    faint="#a3a9b3",
    base="#737a85",
    grid="#2c3138",
    series=("#2e8bc0", "#e69f00", "#008a64", "#dea8c6", "#d55e00", "#6cc0f0", "#808389"),
)


def stylesheet() -> str:
    """Return the CSS of all charts, for light and dark backgrounds."""
    return (
        f"\n{_SHAPE_RULES}{_css_rules(LIGHT)}@media (prefers-color-scheme:dark){{\n"
        f"{_css_rules(DARK)}}}\n"
    )


def css_class(number: int) -> str:
    """Return the CSS classes of the series with this index; beyond the last colour, colours repeat.

    Series with a repeated colour have another look, such as an outline.
    """
    look, colour = divmod(number, len(LIGHT.series))
    return f"of{colour} look{look % 3}" if look else f"of{colour}"


def has_outline(number: int) -> bool:
    """Return whether the bars of the series with this index have an outline, as colours repeat."""
    return number >= len(LIGHT.series)


def _css_rules(theme: Theme) -> str:
    rules = {
        ".paper": f"fill:{theme.paper}",
        ".seam,.dot,.number,.aim": f"stroke:{theme.paper}",
        "text": f"fill:{theme.faint}",
        ".title,.number,.legend": f"fill:{theme.ink}",
        ".grid": f"stroke:{theme.grid}",
        ".base": f"stroke:{theme.base}",
        ".goal": f"stroke:{theme.faint}",
    }
    rules |= {f".of{number}": f"color:{colour}" for number, colour in enumerate(theme.series)}
    return "".join(
        ",".join(f".mk-chart {name}" for name in names.split(",")) + f"{{{rule}}}\n"
        for names, rule in rules.items()
    )
