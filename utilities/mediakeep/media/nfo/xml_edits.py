"""Edit the XML text of an NFO and keep everything else byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from mediakeep.media.nfo import kodi_writer, managed_elements
from mediakeep.media.nfo.xml_tree import Element

_LAST_RANK = 10_000  # after everything else inserted at the same offset
_INDENT_SEARCH_SIZE = 256  # bytes searched for the indentation of an element
# Comments at the end of a line belong to the element before them.
_TRAILING_COMMENTS = re.compile(
    rb"(?:[ \t]{0,256}<!--(?:[^-\n]|-(?!->)){0,512}-->)+(?=[ \t]*\r?\n)"
)


class XmlEdits:
    """Collects edits of an NFO's XML elements and applies them all at once."""

    def __init__(self, body: bytes, root: Element) -> None:
        self.body, self.root = body, root
        self._replacements: list[tuple[int, int, int, str]] = []
        self._is_root_open = False
        self._line_break = "\r\n" if b"\r\n" in body else "\n"
        self._child_indent = self._detect_indent()
        self._indent_unit = self._child_indent.lstrip("\n") or (
            kodi_writer.INDENT if self._child_indent else ""
        )

    def __bool__(self) -> bool:
        return bool(self._replacements)

    def apply(self) -> str:
        """Return the whole text of the NFO with all edits."""
        parts, offset = [], 0
        for start, end, _, text in sorted(self._replacements, key=lambda piece: piece[:3]):
            parts += [self.body[offset:start], self._convert_line_breaks(text).encode()]
            offset = end
        return b"".join([*parts, self.body[offset:]]).decode()

    def set_text(self, element: Element, text: str) -> None:
        """Set the text of an element and keep its attributes."""
        self._replace_content(element, escape(text))

    def replace(self, old: list[Element], new: list[Element]) -> None:
        """Replace elements by new ones, at the position of the first old element."""
        first, *others = old
        lead = self._indent_of(first)
        self._add_replacement(
            first.start, first.end, self._render_elements(new, lead).removeprefix(lead)
        )
        self.remove(others)

    def remove(self, old: Iterable[Element]) -> None:
        """Remove elements, each with the indentation before it."""
        for element in old:
            self._add_replacement(
                element.start - len(self._whitespace_before(element)), element.end, ""
            )

    def insert(self, new: list[Element], parent: Element | None = None) -> None:
        """Insert elements in Kodi's order, each after the last element that precedes it.

        In a parent other than the root they are appended.
        """
        if parent is not None and parent.children:
            last = parent.children[-1]
            self._insert_at(last.end, new, self._indent_of(last))
            return
        limit = managed_elements.kodi_order_index(new[0].name)
        preceding = [
            child
            for child in self.root.children
            if 0 <= managed_elements.kodi_order_index(child.name) <= limit
        ]
        if preceding:
            highest = max(managed_elements.kodi_order_index(child.name) for child in preceding)
            last = next(
                child
                for child in reversed(preceding)
                if managed_elements.kodi_order_index(child.name) == highest
            )
            self._insert_at(last.end, new, self._child_indent)
        else:
            self._open_root()
            self._insert_at(self.root.content_start, new, self._child_indent)

    def _open_root(self) -> None:
        """Expand an empty `<movie/>` or `<movie></movie>` so that it can contain elements."""
        root = self.root
        if self._is_root_open or root.content_start < root.content_end:
            return
        self._is_root_open = True
        tag = self.body[root.start : root.content_start].decode()
        if root.content_end == root.end:
            self._add_replacement(
                root.start, root.content_start, f"{tag.removesuffix('/>').rstrip()}>"
            )
        after = f"</{root.name}>" if root.content_end == root.end else ""
        self._add_replacement(root.content_start, root.content_start, f"\n{after}", _LAST_RANK)

    def _insert_at(self, offset: int, new: list[Element], lead: str) -> None:
        remarks = _TRAILING_COMMENTS.match(self.body, offset)
        offset = remarks.end() if remarks else offset
        self._add_replacement(
            offset,
            offset,
            self._render_elements(new, lead),
            managed_elements.kodi_order_index(new[0].name),
        )

    def _add_replacement(self, start: int, end: int, text: str, rank: int = 0) -> None:
        self._replacements.append((start, end, rank, text))

    def _replace_content(self, element: Element, text: str) -> None:
        if element.content_end == element.end:  # <a/>
            tag = (
                self.body[element.start : element.content_start]
                .decode()
                .removesuffix("/>")
                .rstrip()
            )
            whole = f"{tag}>{text}</{element.name}>"
            self._add_replacement(element.start, element.end, whole)
        else:
            self._add_replacement(element.content_start, element.content_end, text)

    def _render_elements(self, elements: list[Element], lead: str) -> str:
        unit = self._indent_unit if lead else ""
        return "".join(
            lead + kodi_writer.render_element(element, lead, unit) for element in elements
        )

    def _detect_indent(self) -> str:
        """Return line break and indentation of the root's children, or "" if all is on one line."""
        leads = (self._indent_of(child) for child in self.root.children)
        lead = next(filter(None, leads), "")
        return lead if lead or self.root.children else f"\n{kodi_writer.INDENT}"

    def _indent_of(self, element: Element) -> str:
        whitespace = self._whitespace_before(element).decode()
        return "\n" + whitespace.lstrip("\r\n") if "\n" in whitespace else ""

    def _whitespace_before(self, element: Element) -> bytes:
        """Return line break and indentation before an element.

        Return b"" if the element does not begin a line.
        """
        near = self.body[max(0, element.start - _INDENT_SEARCH_SIZE) : element.start]
        line = near.rstrip(b" \t")
        if not line.endswith(b"\n"):
            return b""
        return near[len(line.removesuffix(b"\n").removesuffix(b"\r")) :]

    def _convert_line_breaks(self, text: str) -> str:
        """Convert the line breaks of a text to those of the NFO file."""
        return text.replace("\n", self._line_break)
