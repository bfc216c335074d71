"""Parse search queries: the part of Lucene's syntax that music programs use.

    query   = clause (["AND" | "OR" | "&&" | "||"] clause)*      AND binds tighter; default OR
    clause  = ["NOT" | "!" | "-" | "+"] [field ":"] ("(" query ")" | phrase | word | span)
    phrase  = '"' ... '"', word = other characters, special ones after a backslash;
                                    a trailing * matches any ending
    span    = "[" number "TO" number "]", * for an open end

A ~ after a word allows at most two edits, ~1 one edit (Lucene's FuzzyQuery; a fraction is a
similarity, as in older Lucene). A boost (^2) and the slop of a phrase (~2) are parsed and ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mediakeep.rehearsal.reply import Refusal

_DEEPEST = 40  # nested groups; no real query has more
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<field>[a-z_]+):
      | "(?P<phrase>(?:[^"\\]|\\.)*)"
      | \[\s*(?P<span>(?:\d{1,9}|\*)\s+TO\s+(?:\d{1,9}|\*))\s*\]
      | (?P<mark>&&|\|\||[()!+-])
      | ~(?P<fuzzy>[\d.]*)
      | \^(?P<boost>[\d.]*)
      | (?P<word>(?:[^\s"()\[\]{}/\\:^~*]|\\.)+)
      | (?P<star>\*)
      | (?P<bad>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Leaf:
    """A text to search in a field; `field` is "" for the default field."""

    field: str
    text: str
    phrase: bool = False
    begun: bool = False  # the text is a prefix
    edits: int = 0  # allowed edits


@dataclass(frozen=True)
class Span:
    """A range of numbers in a field."""

    field: str
    first: float
    last: float


@dataclass(frozen=True)
class Either:
    """A match of at least one part."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class All:
    """A match of all parts, and of none of the excluded ones."""

    parts: tuple[Node, ...]
    barred: tuple[Node, ...] = ()


Node = Leaf | Span | Either | All


def read(query: str) -> Node:
    """Parse a query; raise SimulatorHttpError if it is invalid or not supported."""
    reader = _Reader(query)
    node = reader.alternatives("", 0)
    if reader.kind != "end":
        raise reader.wrong()
    return node


class _Reader:
    def __init__(self, query: str) -> None:
        self._query, self._tokens = query, _tokens(query)
        self.step()

    def step(self) -> None:
        self.kind, self.text = next(self._tokens)

    def wrong(self) -> Refusal:
        return Refusal(400, f"The query {self._query[:200]!r} cannot be parsed.")

    def alternatives(self, field: str, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.wrong()
        parts = [self._together(field, depth)]
        while self.kind not in ("end", ")"):
            if self.kind == "or":
                self.step()
            parts.append(self._together(field, depth))
        return _either(parts)

    def _together(self, field: str, depth: int) -> Node:
        wanted: list[Node] = []
        barred: list[Node] = []
        while True:
            refused = self._refused()
            (barred if refused else wanted).append(self._clause(field, depth))
            if self.kind == "and":
                self.step()
            elif self.kind not in ("not", "+"):
                return wanted[0] if len(wanted) == 1 and not barred else All((*wanted,), (*barred,))

    def _refused(self) -> bool:
        refused = False
        while self.kind in ("not", "+"):
            refused = refused or self.kind == "not"
            self.step()
        return refused

    def _clause(self, field: str, depth: int) -> Node:
        if self.kind == "field":
            field = self.text
            self.step()
        kind, text = self.kind, self.text
        if kind not in ("(", "phrase", "word", "star", "span"):
            raise self.wrong()
        self.step()
        node: Node = Leaf(field, text, kind == "phrase")
        if kind == "span":
            first, _, last = text.split()
            node = Span(field, _number(first, 0), _number(last, math.inf))
        if kind == "star":
            node = Leaf(field, "", begun=True)
        if kind == "word" and self.kind == "star":
            node = Leaf(field, text, begun=True)
            self.step()
        if kind == "(":
            node = self.alternatives(field, depth + 1)
            if self.kind != ")":
                raise self.wrong()
            self.step()
        while self.kind in ("fuzzy", "boost"):
            if self.kind == "fuzzy" and kind == "word" and isinstance(node, Leaf):
                node = replace(node, edits=_edits(self.text, len(node.text)))
            self.step()
        return node


def _edits(text: str, length: int) -> int:
    """Parse the number of allowed edits, at most two."""
    number = float(text) if text.replace(".", "", 1).isdecimal() else 2.0
    return min(int((1 - number) * length if 0 < number < 1 else number), 2)


def _number(text: str, without: float) -> float:
    return without if text == "*" else float(text)


def _either(parts: list[Node]) -> Node:
    """Combine alternatives; one that only excludes applies to all others, as in Lucene."""
    only = [part for part in parts if isinstance(part, All) and not part.parts]
    rest = tuple(part for part in parts if part not in only)
    joined = rest[0] if len(rest) == 1 else Either(rest)
    return All((joined,), tuple(bar for part in only for bar in part.barred)) if only else joined


_WORDS = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not", "!": "not", "-": "not"}


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(query):
        kind, text = found.lastgroup or "bad", found[found.lastgroup or 0]
        if kind in ("word", "mark") and text in _WORDS:
            yield _WORDS[text], text
        elif kind == "mark":
            yield text, text
        else:
            yield kind, re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
    while True:
        yield "end", ""
