"""Convert the HTML of descriptions to plain text."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_NAMES = (  # of HTML elements; others are text, such as "x<y and y>z"
    "a|abbr|acronym|address|article|aside|b|big|blockquote|body|br|center|cite|code|dd|del|dfn|div|dl"
    "|dt|em|figcaption|figure|font|footer|h[1-6]|head|header|hr|html|i|iframe|img|ins|kbd|li|link"
    "|main|mark|meta|nav|noscript|ol|p|pre|q|s|samp|script|section|small|span|strike|strong|style|sub"
    "|sup|table|tbody|td|tfoot|th|thead|time|title|tr|tt|u|ul|var|wbr"
)
_FLAGS = (  # attributes without a value
    r"allowfullscreen|alt|async|autoplay|checked|compact|controls|data-[\w.-]+|default|defer|disabled"
    "|download|draggable|hidden|inert|ismap|itemscope|loop|multiple|muted|noshade|nowrap|open"
    "|readonly|required|reversed|selected|spellcheck|translate"
)
_VALUE = r"""\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
_ATTRIBUTE = rf"\s+(?:[\w:.-]+{_VALUE}|(?:{_FLAGS})(?=[\s/>]))"
_MARKUP = rf"/?(?:{_NAMES})(?:{_ATTRIBUTE})*\s*/?>|!--(?:(?!<!--).)*?-->"
_TAG = re.compile(f"<(?:{_MARKUP})", re.IGNORECASE | re.DOTALL)
_NO_TAG = re.compile(f"<(?!{_MARKUP})", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_HIDDEN = frozenset({"script", "style", "head"})


def to_plain_text(text: str) -> str:
    """Return a text without HTML tags and entities; blocks become lines.

    The lines of a text without tags are kept.
    """
    if not _TAG.search(text):
        text = html.unescape(text)  # Calibre's descriptions may be escaped twice
    if _TAG.search(text):
        parser = _TextParser()
        parser.feed(_NO_TAG.sub("&lt;", text))
        parser.close()
        text = "".join(parser.parts)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextParser(HTMLParser):
    """Collects the visible text of HTML in `parts`."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "p":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
