"""Text from strangers within Markdown: shown as it is, and never taken for markup."""

from __future__ import annotations

import re

from mediakeep import files

LONGEST = 200  # characters of one name or text on a page

_MARKUP = re.compile(
    r"[\\`*\[\]<>|~]"  # emphasis, code, links, HTML, tables, strikes
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; an underscore within a word is none
    r"|&(?=#?\w+;)"  # would become another character
    r"|^[-+#=]"  # a list, a heading
    r"|(?<=\bhttp):|(?<=\bhttps):|(?<=\bftp):|(?<=\bwww)\.|(?<=\w)@(?=\w)",  # bare links
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")  # a list with numbers


def escape(text: str, longest: int = LONGEST) -> str:
    """Write any text so that Markdown shows it letter by letter, on one line, cut if very long."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    shown = _MARKUP.sub(r"\\\g<0>", files.printable(text))
    bare = _NUMBERED.sub(r"\1\\\2", shown).lstrip(" ")
    return "&nbsp;" * (len(shown) - len(shown.lstrip(" "))) + bare


def code(text: str) -> str:
    """Write any text as code on one line, whatever backticks it holds."""
    shown = files.printable(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"
