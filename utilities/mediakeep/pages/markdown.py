"""Escape untrusted text for Markdown."""

from __future__ import annotations

import re

from mediakeep import files

LONGEST = 200  # characters of a name or text in a report

_MARKUP = re.compile(
    r"[\\`*\[\]<>|~]"  # emphasis, code, links, HTML, tables, strikes
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; an underscore within a word is literal
    r"|&(?=#?\w+;)"  # a character reference
    r"|^[-+#=]"  # a list, a heading
    r"|(?<=\bhttp):|(?<=\bhttps):|(?<=\bftp):|(?<=\bwww)\.|(?<=\w)@(?=\w)",  # bare links
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")  # a numbered list


def escape(text: str, longest: int = LONGEST) -> str:
    """Escape a text so that Markdown shows it literally, on one line, truncated to `longest`."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    shown = _MARKUP.sub(r"\\\g<0>", files.printable(text))
    bare = _NUMBERED.sub(r"\1\\\2", shown).lstrip(" ")
    return "&nbsp;" * (len(shown) - len(shown.lstrip(" "))) + bare


def code(text: str) -> str:
    """Format a text as inline code on one line; it may contain backticks."""
    shown = files.printable(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"
