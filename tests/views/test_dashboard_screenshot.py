"""The picture of the documentation is what a screen shows, drawn the same each time."""

from __future__ import annotations

from xml.etree import ElementTree

from mediakeep.views.dashboard.text_layout import TerminalStyle
from tests import pictures
from tests.views import dashboards
from tests.vt import Screen

SVG = "{http://www.w3.org/2000/svg}"


def screen() -> Screen:
    shown = Screen(120, 40)
    shown.feed(b"\x1b[?1049h")
    for number, line in enumerate(dashboards.draw(120, 40, TerminalStyle(colour=True)), 1):
        shown.feed(f"\x1b[{number};1H{line}".encode())
    return shown


def test_a_picture_holds_the_text_of_the_screen_and_its_colours() -> None:
    shown = screen()
    assert shown.text == "\n".join(line.rstrip() for line in dashboards.draw(120, 40))
    drawn = pictures.svg(shown, "A & <b>")
    root = ElementTree.fromstring(drawn)
    texts = [node.text or "" for node in root.iter(f"{SVG}text")]
    assert root.findtext(f"{SVG}title") == "A & <b>"
    assert "7,559 of 12,930 artists completed (58.5%)" in texts
    assert "山口百恵" not in texts  # each wide character is a text of its own
    assert set("山口百恵") <= set(texts)
    inks = {node.get("class") for node in root.iter(f"{SVG}text")}
    assert {None, "i1-36", "i1", "i32", "i33", "i1-31", "i2"} == inks
    style = root.findtext(f"{SVG}style") or ""
    assert all(f".{ink} " in style for ink in inks if ink)


def test_the_same_screen_makes_the_same_picture_which_loads_nothing() -> None:
    drawn = pictures.svg(screen(), "a title")
    assert drawn == pictures.svg(screen(), "a title")
    assert drawn.count("http") == 1  # the name of the format
    assert "script" not in drawn
