r"""Search queries read: enough of Lucene's syntax for what music programs ask.

    query   = clause (["AND" | "OR" | "&&" | "||"] clause)*      AND binds tighter; OR if not said
    clause  = ["NOT" | "!" | "-" | "+"] [field ":"] ("(" query ")" | phrase | word | span)
    phrase  = '"' ... '"', word = any other letters, each special one after a backslash;
                                    a * at its end: whatever begins so
    span    = "[" number "TO" number "]", a * for either: no end on that side

A ~ after a word finds words that differ by at most two edits, ~1 by one (Lucene's FuzzyQuery; a
fraction is a similarity, as in older Lucene). A boost (^2), and the slop of a phrase (~2), are
read and change nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mediakeep.rehearsal.reply import Refusal

_DEEPEST = 40  # groups in groups: no person's query has more
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
    """A text to be found in a field; `field` is "" for the one that is meant if none is named."""

    field: str
    text: str
    phrase: bool = False
    begun: bool = False  # only how a word begins is told
    edits: int = 0  # by which a word may differ


@dataclass(frozen=True)
class Span:
    """Numbers of a field that are wished for, from the first to the last."""

    field: str
    first: float
    last: float


@dataclass(frozen=True)
class Either:
    """What fits one or more of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class All:
    """What fits all of the parts, and none of those that are not to fit."""

    parts: tuple[Node, ...]
    barred: tuple[Node, ...] = ()


Node = Leaf | Span | Either | All


def read(query: str) -> Node:
    """Read a query; Refusal where it is none, or one that this stand-in does not know."""
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
        return Refusal(400, f"The query {self._query[:200]!r} cannot be read.")

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
    """Read how many edits are allowed, two at most."""
    number = float(text) if text.replace(".", "", 1).isdecimal() else 2.0
    return min(int((1 - number) * length if 0 < number < 1 else number), 2)


def _number(text: str, without: float) -> float:
    return without if text == "*" else float(text)


def _either(parts: list[Node]) -> Node:
    """Join alternatives; one that only bars applies to all others, as it does in Lucene."""
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
