"""Parse the XML of an NFO into a tree of elements with their byte offsets in the text.

Expat parses it without document types and entities, with limits for depth and number of elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from mediakeep.errors import BrokenNfo, UnsafeNfo

COMMENT = "#comment"

_MAX_DEPTH = 24
_MAX_ELEMENTS = 50_000
_MAX_ATTRIBUTES = 64  # per element
_OPENING_TAG = re.compile(rb"""<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>""")


@dataclass(slots=True)
class Element:
    """An XML element, comment or processing instruction, with its byte offsets in UTF-8 text.

    It extends from `start` to `end`, and its content from `content_start` to `content_end`. In
    `<a/>` the latter two equal `end`.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""  # without that of its children; not stripped
    children: list[Element] = field(default_factory=list)
    start: int = 0
    content_start: int = 0
    content_end: int = 0
    end: int = 0

    def find_children(self, name: str) -> Iterator[Element]:
        """Return an iterator over the child elements with a name."""
        return (child for child in self.children if child.name == name)

    def child_text(self, name: str) -> str:
        """Return the stripped text of the first non-empty child with a name, or "" if none."""
        return next(filter(None, (child.text.strip() for child in self.find_children(name))), "")


class _RootClosed(Exception):
    """Raised at the end of the root element, to stop the XML parser."""


class _TreeBuilder:
    """Builds a tree of XML elements from the events of the expat parser."""

    def __init__(self, body: bytes, begin: int) -> None:
        self.root: Element | None = None
        self.body, self.offset = body, begin
        self.open_elements: list[tuple[Element, list[str]]] = []
        self.element_count = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._on_start
        self.parser.EndElementHandler = self._on_end
        self.parser.CharacterDataHandler = self._on_text
        self.parser.CommentHandler = lambda text: self._on_comment(text, b"-->")
        self.parser.ProcessingInstructionHandler = lambda _, text: self._on_comment(text, b"?>")
        self.parser.StartDoctypeDeclHandler = self._on_doctype

    @property
    def _position(self) -> int:
        return self.offset + self.parser.CurrentByteIndex

    def _on_doctype(self, *_: object) -> None:
        raise UnsafeNfo("it defines its own document type or entities")

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open_elements) >= _MAX_DEPTH or len(attributes) > _MAX_ATTRIBUTES:
            raise UnsafeNfo("its elements are nested too deeply or have too many attributes")
        start = self._position
        tag = _OPENING_TAG.match(self.body, start)
        if tag is None:
            raise BrokenNfo("a tag is not closed")
        element = Element(name, attributes, start=start, content_start=tag.end(), end=tag.end())
        self._add_element(element)
        self.open_elements.append((element, []))

    def _on_end(self, _: str) -> None:
        element, texts = self.open_elements.pop()
        element.text = "".join(texts)
        element.content_end = element.content_start
        if not self.body.endswith(b"/>", element.start, element.content_start):
            element.content_end = self._position
            element.end = self.body.index(b">", element.content_end) + 1
        if not self.open_elements:
            raise _RootClosed

    def _on_text(self, text: str) -> None:
        self.open_elements[-1][1].append(text)

    def _on_comment(self, text: str, mark: bytes) -> None:
        if self.open_elements:
            end = self.body.index(mark, self._position) + len(mark)
            self._add_element(Element(COMMENT, text=text, start=self._position, end=end))

    def _add_element(self, element: Element) -> None:
        self.element_count += 1
        if self.element_count > _MAX_ELEMENTS:
            raise UnsafeNfo("it has too many elements")
        if self.open_elements:
            self.open_elements[-1][0].children.append(element)
        else:
            self.root = element


def parse_xml(body: bytes, begin: int = 0) -> Element:
    """Parse the XML element that starts at byte offset `begin` of a UTF-8 text, to its end.

    Raises BrokenNfo if it is not well-formed, and UnsafeNfo if it exceeds the limits of an NFO.
    """
    builder = _TreeBuilder(body, begin)
    try:
        builder.parser.Parse(body[begin:], True)
    except _RootClosed:
        if builder.root is not None:
            return builder.root
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "unknown error")
        line = body.count(b"\n", 0, begin) + error.lineno
        raise BrokenNfo(f"line {line} is not XML ({reason})") from error
    raise BrokenNfo("it is truncated")
