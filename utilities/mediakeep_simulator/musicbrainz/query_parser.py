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

from mediakeep_simulator.http_types import SimulatorHttpError

_MAX_DEPTH = 40  # nested groups; no real query has more
_TOKEN_PATTERN = re.compile(
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
class QueryTerm:
    """A part of a query: a text to search in a field; `field` is "" for the default field."""

    field: str
    text: str
    is_prefix: bool = False  # the text is a prefix
    edits: int = 0  # allowed edits


@dataclass(frozen=True)
class QueryRange:
    """A part of a query: a range of numbers in a field."""

    field: str
    first: float
    last: float


@dataclass(frozen=True)
class AnyOf:
    """A part of a query that matches if at least one of its parts does."""

    parts: tuple[QueryNode, ...]


@dataclass(frozen=True)
class AllOf:
    """A part of a query that matches if all its parts do, and none of its excluded parts."""

    parts: tuple[QueryNode, ...]
    excluded: tuple[QueryNode, ...] = ()


QueryNode = QueryTerm | QueryRange | AnyOf | AllOf


def parse_query(query: str) -> QueryNode:
    """Parse a Lucene search query; raise SimulatorHttpError if it is invalid or not supported."""
    reader = _QueryParser(query)
    node = reader.parse_alternatives("", 0)
    if reader.kind != "end":
        raise reader.syntax_error()
    return node


class _QueryParser:
    def __init__(self, query: str) -> None:
        self._query, self._tokens = query, _tokenize(query)
        self.next_token()

    def next_token(self) -> None:
        self.kind, self.text = next(self._tokens)

    def syntax_error(self) -> SimulatorHttpError:
        return SimulatorHttpError(400, f"The query {self._query[:200]!r} cannot be parsed.")

    def parse_alternatives(self, field: str, depth: int) -> QueryNode:
        if depth > _MAX_DEPTH:
            raise self.syntax_error()
        parts = [self._parse_conjunction(field, depth)]
        while self.kind not in ("end", ")"):
            if self.kind == "or":
                self.next_token()
            parts.append(self._parse_conjunction(field, depth))
        return _join_alternatives(parts)

    def _parse_conjunction(self, field: str, depth: int) -> QueryNode:
        wanted: list[QueryNode] = []
        barred: list[QueryNode] = []
        while True:
            refused = self._skip_not()
            (barred if refused else wanted).append(self._parse_clause(field, depth))
            if self.kind == "and":
                self.next_token()
            elif self.kind not in ("not", "+"):
                return (
                    wanted[0] if len(wanted) == 1 and not barred else AllOf((*wanted,), (*barred,))
                )

    def _skip_not(self) -> bool:
        refused = False
        while self.kind in ("not", "+"):
            refused = refused or self.kind == "not"
            self.next_token()
        return refused

    def _parse_clause(self, field: str, depth: int) -> QueryNode:
        if self.kind == "field":
            field = self.text
            self.next_token()
        kind, text = self.kind, self.text
        if kind not in ("(", "phrase", "word", "star", "span"):
            raise self.syntax_error()
        self.next_token()
        node: QueryNode = QueryTerm(field, text)
        if kind == "span":
            first, _, last = text.split()
            node = QueryRange(field, _parse_number(first, 0), _parse_number(last, math.inf))
        if kind == "star":
            node = QueryTerm(field, "", is_prefix=True)
        if kind == "word" and self.kind == "star":
            node = QueryTerm(field, text, is_prefix=True)
            self.next_token()
        if kind == "(":
            node = self.parse_alternatives(field, depth + 1)
            if self.kind != ")":
                raise self.syntax_error()
            self.next_token()
        while self.kind in ("fuzzy", "boost"):
            if self.kind == "fuzzy" and kind == "word" and isinstance(node, QueryTerm):
                node = replace(node, edits=_parse_edits(self.text, len(node.text)))
            self.next_token()
        return node


def _parse_edits(text: str, length: int) -> int:
    """Return how many edits a ~ in a query allows, at most two."""
    number = float(text) if text.replace(".", "", 1).isdecimal() else 2.0
    return min(int((1 - number) * length if 0 < number < 1 else number), 2)


def _parse_number(text: str, without: float) -> float:
    return without if text == "*" else float(text)


def _join_alternatives(parts: list[QueryNode]) -> QueryNode:
    """Combine alternatives; one that only excludes applies to all others, as in Lucene."""
    only = [part for part in parts if isinstance(part, AllOf) and not part.parts]
    rest = tuple(part for part in parts if part not in only)
    joined = rest[0] if len(rest) == 1 else AnyOf(rest)
    return (
        AllOf((joined,), tuple(bar for part in only for bar in part.excluded)) if only else joined
    )


_OPERATORS = {
    "AND": "and",
    "&&": "and",
    "OR": "or",
    "||": "or",
    "NOT": "not",
    "!": "not",
    "-": "not",
}


def _tokenize(query: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN_PATTERN.finditer(query):
        kind, text = match.lastgroup or "bad", match[match.lastgroup or 0]
        if kind in ("word", "mark") and text in _OPERATORS:
            yield _OPERATORS[text], text
        elif kind == "mark":
            yield text, text
        else:
            yield kind, re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
    while True:
        yield "end", ""
