"""Changes to the text of an NFO: all that is not changed stays as it is, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from mediakeep.media.nfo import rendering, slots
from mediakeep.media.nfo.tree import Element

_LAST = 10_000  # after all that is inserted at one place
_FAR = 256  # bytes before an element that are looked at for its indentation
# What else may stand in a line: comments, which belong to what stands before them.
_REMARKS = re.compile(rb"(?:[ \t]{0,256}+<!--(?:[^-\n]|-(?!->)){0,512}+-->)++(?=[ \t]*\r?\n)")


class Edits:
    """Gathers the changes to one NFO, and makes them all at once."""

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
        """Return the whole text with the changes."""
        parts, place = [], 0
        for start, end, _, text in sorted(self._pieces, key=lambda piece: piece[:3]):
            parts += [self.body[place:start], self._broken(text).encode()]
            place = end
        return b"".join([*parts, self.body[place:]]).decode()

    def say(self, element: Element, text: str) -> None:
        """Put a text into an element, whose attributes stay."""
        self._put_inside(element, escape(text))

    def replace(self, old: list[Element], new: list[Element]) -> None:
        """Put elements in the place of others; they stand where the first of those stood."""
        first, *others = old
        lead = self._lead_of(first)
        self._change(first.start, first.end, self._shown(new, lead).removeprefix(lead))
        self.remove(others)

    def remove(self, old: Iterable[Element]) -> None:
        """Take elements out, each with the indentation before it."""
        for one in old:
            self._change(one.start - len(self._before(one)), one.end, "")

    def insert(self, new: list[Element], parent: Element | None = None) -> None:
        """Put elements where they belong by Kodi's order: after the last that stands before them.

        In another parent than the root they go to its end.
        """
        if parent is not None and parent.children:
            last = parent.children[-1]
            self._insert_at(last.end, new, self._lead_of(last))
            return
        limit = slots.rank(new[0].name)
        before = [one for one in self.root.children if 0 <= slots.rank(one.name) <= limit]
        if before:
            highest = max(slots.rank(one.name) for one in before)
            last = next(one for one in reversed(before) if slots.rank(one.name) == highest)
            self._insert_at(last.end, new, self._lead)
        else:
            self._open_root()
            self._insert_at(self.root.inner, new, self._lead)

    def _open_root(self) -> None:
        """Make `<movie/>` and `<movie></movie>` ready to hold elements."""
        root = self.root
        if self._is_open or root.inner < root.close:
            return
        self._is_open = True
        tag = self.body[root.start : root.inner].decode()
        if root.close == root.end:
            self._change(root.start, root.inner, f"{tag.removesuffix('/>').rstrip()}>")
        after = f"</{root.name}>" if root.close == root.end else ""
        self._change(root.inner, root.inner, f"\n{after}", _LAST)

    def _insert_at(self, place: int, new: list[Element], lead: str) -> None:
        remarks = _REMARKS.match(self.body, place)
        place = remarks.end() if remarks else place
        self._change(place, place, self._shown(new, lead), slots.rank(new[0].name))

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
        return "".join(lead + rendering.shown(one, lead, unit) for one in elements)

    def _leading(self) -> str:
        """Tell the line break and indentation of the root's children; "" if all is on one line."""
        leads = (self._lead_of(child) for child in self.root.children)
        found = next(filter(None, leads), "")
        return found if found or self.root.children else f"\n{rendering.INDENT}"

    def _lead_of(self, element: Element) -> str:
        before = self._before(element).decode()
        return "\n" + before.lstrip("\r\n") if "\n" in before else ""

    def _before(self, element: Element) -> bytes:
        """Return the line break and indentation before an element, b"" if it begins no line."""
        near = self.body[max(0, element.start - _FAR) : element.start]
        line = near.rstrip(b" \t")
        if not line.endswith(b"\n"):
            return b""
        return near[len(line.removesuffix(b"\n").removesuffix(b"\r")) :]

    def _broken(self, text: str) -> str:
        """Write line breaks as the file does."""
        return text.replace("\n", self._break)
