"""The picture of the documentation is what a screen shows, drawn the same each time."""

from __future__ import annotations

from xml.etree import ElementTree

from tests import pictures
from tests.views import dashboards

SVG = "{http://www.w3.org/2000/svg}"


def test_a_picture_holds_the_text_of_the_dashboard() -> None:
    root = ElementTree.fromstring(pictures.svg(dashboards.GLANCE, "A & <b>"))
    texts = [(node.text or "").replace("\xa0", " ") for node in root.iter(f"{SVG}text")]
    assert "A & <b>" in texts
    assert any("7,559 of 12,930 artists completed (58.5%)" in text for text in texts)
    assert any("山口百恵" in text for text in texts)


def test_the_same_dashboard_makes_the_same_picture_which_loads_nothing() -> None:
    drawn = pictures.svg(dashboards.GLANCE, "a title")
    assert drawn == pictures.svg(dashboards.GLANCE, "a title")
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
    assert "script" not in drawn
