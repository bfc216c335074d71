"""Untrusted text is shown literally, and a missing template variable is an error."""

from __future__ import annotations

import jinja2
import pytest

from mediakeep.pages import render
from mediakeep.size_text import format_count
from tests.sampling import each_row


@each_row(
    ("text", "written"),
    [
        ("Low Tide", "Low Tide"),
        ("snake_case stays", "snake_case stays"),
        ("_Under_", r"\_Under\_"),
        ("*Stress* `code` [x](y)", r"\*Stress\* \`code\` \[x\](y)"),
        ("a | b <i> ~~c~~", r"a \| b \<i\> \~\~c\~\~"),
        ("back\\slash", r"back\\slash"),
        ("line\nbreak\ttab", r"line\\nbreak\\ttab"),
        ("\x1b[31m", r"\\x1b\[31m"),
        ("\u202egnp.mp3", r"\\u202egnp.mp3"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("1. item", r"1\. item"),
        ("12) item", r"12\) item"),
        ("01 - Song", "01 - Song"),
        ("3.14", r"3\.14"),
        ("Simon & Garfunkel", "Simon & Garfunkel"),
        ("AT&amp;T", r"AT\&amp;T"),
        ("&#60;", r"\&#60;"),
        ("https://x.org www.x.org a@b.c", r"https\://x.org www\.x.org a\@b.c"),
        ("  two spaces before", "&nbsp;&nbsp;two spaces before"),
        ("月曜日の灯台", "月曜日の灯台"),
        ("", ""),
    ],
)
def test_text_is_written_so_that_markdown_shows_it_as_it_is(text: str, written: str) -> None:
    assert render.escape_markdown(text) == written


def test_a_very_long_text_is_cut() -> None:
    assert render.escape_markdown("x" * 100_000) == "x" * (render.MAX_TEXT_CHARS - 1) + "…"


@each_row("code", range(0x20))
def test_no_control_character_reaches_a_page(code: int) -> None:
    assert render.escape_markdown(f"a{chr(code)}b").isprintable()


def test_a_template_that_names_what_is_not_given_fails() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render.render_template("artist.md.j2", artist="Vera")


@each_row(
    ("number", "noun", "text"),
    [
        (0, "auto-fix", "0 auto-fixes"),
        (1, "auto-fix", "1 auto-fix"),
        (1, "track", "1 track"),
        (1234, "track", "1,234 tracks"),
    ],
)
def test_numbers_agree_with_their_nouns(number: int, noun: str, text: str) -> None:
    assert format_count(number, noun) == text
