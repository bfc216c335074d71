"""Edit the XML text of an NFO and keep everything else byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from mediakeep.media.nfo import rendering, slots
from mediakeep.media.nfo.tree import Element

_LAST = 10_000  # after everything else inserted at the same offset
_FAR = 256  # bytes searched for the indentation of an element
# Comments at the end of a line belong to the element before them.
_REMARKS = re.compile(rb"(?:[ \t]{0,256}+<!--(?:[^-\n]|-(?!->)){0,512}+-->)++(?=[ \t]*\r?\n)")


class Edits:
    """Collects the edits of one NFO and applies them all at once."""

    def __init__(self, body: bytes, root: Element) -> None:
        self.body, self.root = body, root
        self._pieces: list[tuple[int, int, int, str]] = []
        self._is_open = False
        self._break = "\r\n" if b"\r\n" in body else "\n"
        self._lead = self._leading()
        self._unit = self._lead.lstrip("\n") or (rendering.INDENT if self._lead else "")

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def applied(self) -> str:
        """Return the whole text with all edits."""
        parts, offset = [], 0
        for start, end, _, text in sorted(self._pieces, key=lambda piece: piece[:3]):
            parts += [self.body[offset:start], self._broken(text).encode()]
            offset = end
        return b"".join([*parts, self.body[offset:]]).decode()

    def say(self, element: Element, text: str) -> None:
        """Set the text of an element and keep its attributes."""
        self._put_inside(element, escape(text))

    def replace(self, old: list[Element], new: list[Element]) -> None:
        """Replace elements by others, at the position of the first old one."""
        first, *others = old
        lead = self._lead_of(first)
        self._change(first.start, first.end, self._shown(new, lead).removeprefix(lead))
        self.remove(others)

    def remove(self, old: Iterable[Element]) -> None:
        """Remove elements, each with the indentation before it."""
        for element in old:
            self._change(element.start - len(self._before(element)), element.end, "")

    def insert(self, new: list[Element], parent: Element | None = None) -> None:
        """Insert elements by Kodi's order: after the last element that precedes them.

        In a parent other than the root they are appended.
        """
        if parent is not None and parent.children:
            last = parent.children[-1]
            self._insert_at(last.end, new, self._lead_of(last))
            return
        limit = slots.rank(new[0].name)
        preceding = [child for child in self.root.children if 0 <= slots.rank(child.name) <= limit]
        if preceding:
            highest = max(slots.rank(child.name) for child in preceding)
            last = next(child for child in reversed(preceding) if slots.rank(child.name) == highest)
            self._insert_at(last.end, new, self._lead)
        else:
            self._open_root()
            self._insert_at(self.root.inner, new, self._lead)

    def _open_root(self) -> None:
        """Expand `<movie/>` and `<movie></movie>` so that they can contain elements."""
        root = self.root
        if self._is_open or root.inner < root.close:
            return
        self._is_open = True
        tag = self.body[root.start : root.inner].decode()
        if root.close == root.end:
            self._change(root.start, root.inner, f"{tag.removesuffix('/>').rstrip()}>")
        after = f"</{root.name}>" if root.close == root.end else ""
        self._change(root.inner, root.inner, f"\n{after}", _LAST)

    def _insert_at(self, offset: int, new: list[Element], lead: str) -> None:
        remarks = _REMARKS.match(self.body, offset)
        offset = remarks.end() if remarks else offset
        self._change(offset, offset, self._shown(new, lead), slots.rank(new[0].name))

    def _change(self, start: int, end: int, text: str, rank: int = 0) -> None:
        self._pieces.append((start, end, rank, text))

    def _put_inside(self, element: Element, text: str) -> None:
        if element.close == element.end:  # <a/>
            tag = self.body[element.start : element.inner].decode().removesuffix("/>").rstrip()
            whole = f"{tag}>{text}</{element.name}>"
            self._change(element.start, element.end, whole)
        else:
            self._change(element.inner, element.close, text)

    def _shown(self, elements: list[Element], lead: str) -> str:
        unit = self._unit if lead else ""
        return "".join(lead + rendering.shown(element, lead, unit) for element in elements)

    def _leading(self) -> str:
        """Return line break and indentation of the root's children; "" if all is on one line."""
        leads = (self._lead_of(child) for child in self.root.children)
        lead = next(filter(None, leads), "")
        return lead if lead or self.root.children else f"\n{rendering.INDENT}"

    def _lead_of(self, element: Element) -> str:
        whitespace = self._before(element).decode()
        return "\n" + whitespace.lstrip("\r\n") if "\n" in whitespace else ""

    def _before(self, element: Element) -> bytes:
        """Return line break and indentation before an element; b"" if it does not begin a line."""
        near = self.body[max(0, element.start - _FAR) : element.start]
        line = near.rstrip(b" \t")
        if not line.endswith(b"\n"):
            return b""
        return near[len(line.removesuffix(b"\n").removesuffix(b"\r")) :]

    def _broken(self, text: str) -> str:
        """Convert line breaks to those of the file."""
        return text.replace("\n", self._break)
