"""Parse the XML of an NFO into a tree of elements with their offsets in the text.

Expat parses it without document types and entities, with limits for depth and number of elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from mediakeep.errors import BrokenNfo, UnsafeNfo

COMMENT = "#comment"

_DEPTH = 24
_ELEMENTS = 50_000
_ATTRIBUTES = 64  # per element
_TAG = re.compile(rb"""<(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")


@dataclass(slots=True)
class Element:
    """An element, comment or processing instruction, with its byte offsets in the UTF-8 text.

    It extends from `start` to `end`, its content from `content_start` to `content_end`; in `<a/>`
    the latter two equal `end`.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""  # without that of its children; not stripped
    children: list[Element] = field(default_factory=list)
    start: int = 0
    inner: int = 0
    close: int = 0
    end: int = 0

    def named(self, name: str) -> Iterator[Element]:
        """Return an iterator over the children with a name."""
        return (child for child in self.children if child.name == name)

    def said(self, name: str) -> str:
        """Return the stripped text of the first non-empty child with a name, or ""."""
        return next(filter(None, (child.text.strip() for child in self.named(name))), "")


class _Complete(Exception):
    """Raised at the end of the root element, to stop the parser."""


class _Builder:
    """Builds the tree from the events of expat."""

    def __init__(self, body: bytes, begin: int) -> None:
        self.root: Element | None = None
        self.body, self.begin = body, begin
        self.open: list[tuple[Element, list[str]]] = []
        self.count = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._started
        self.parser.EndElementHandler = self._ended
        self.parser.CharacterDataHandler = self._told
        self.parser.CommentHandler = lambda text: self._noted(text, b"-->")
        self.parser.ProcessingInstructionHandler = lambda _, text: self._noted(text, b"?>")
        self.parser.StartDoctypeDeclHandler = self._typed

    @property
    def _place(self) -> int:
        return self.begin + self.parser.CurrentByteIndex

    def _typed(self, *_: object) -> None:
        raise UnsafeNfo("it defines its own document type or entities")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= _DEPTH or len(attributes) > _ATTRIBUTES:
            raise UnsafeNfo("its elements are nested too deeply or have too many attributes")
        start = self._place
        tag = _TAG.match(self.body, start)
        if tag is None:
            raise BrokenNfo("a tag is not closed")
        element = Element(name, attributes, start=start, inner=tag.end(), end=tag.end())
        self._add(element)
        self.open.append((element, []))

    def _ended(self, _: str) -> None:
        element, texts = self.open.pop()
        element.text = "".join(texts)
        element.close = element.inner
        if not self.body.endswith(b"/>", element.start, element.inner):
            element.close = self._place
            element.end = self.body.index(b">", element.close) + 1
        if not self.open:
            raise _Complete

    def _told(self, text: str) -> None:
        self.open[-1][1].append(text)

    def _noted(self, text: str, mark: bytes) -> None:
        if self.open:
            end = self.body.index(mark, self._place) + len(mark)
            self._add(Element(COMMENT, text=text, start=self._place, end=end))

    def _add(self, element: Element) -> None:
        self.count += 1
        if self.count > _ELEMENTS:
            raise UnsafeNfo("it has too many elements")
        if self.open:
            self.open[-1][0].children.append(element)
        else:
            self.root = element


def parsed(body: bytes, begin: int = 0) -> Element:
    """Parse XML in a UTF-8 text from `begin` on, up to the end of the root element.

    Raises BrokenNfo if it is not well-formed, and UnsafeNfo if it exceeds the limits of an NFO.
    """
    builder = _Builder(body, begin)
    try:
        builder.parser.Parse(body[begin:], True)
    except _Complete:
        if builder.root is not None:
            return builder.root
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "unknown error")
        line = body.count(b"\n", 0, begin) + error.lineno
        raise BrokenNfo(f"line {line} is not XML ({reason})") from error
    raise BrokenNfo("it is truncated")
