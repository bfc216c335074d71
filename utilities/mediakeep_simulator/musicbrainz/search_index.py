"""A search index: the words in each field of the entities, and scores of how well they match."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mediakeep_simulator.musicbrainz.query_parser import AnyOf, QueryNode, QueryRange, QueryTerm

_WORD_PATTERN = re.compile(r"\w+")


def split_words(text: str) -> tuple[str, ...]:
    """Split a text into words to be searched; a text of symbols only is one word."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = tuple(_WORD_PATTERN.findall(plain))
    return words or tuple(filter(None, ["".join(plain.split())]))


_Entity = TypeVar("_Entity")
TextGetter = Callable[[_Entity], Iterable[str]]
ScoreById = dict[int, float]

_MAX_EXPANSIONS = 50  # words that match a fuzzy one: maxExpansions of Lucene's FuzzyQuery


class _FieldIndex:
    """A search index of one field: which entities have a word in it."""

    def __init__(self, texts: Sequence[Iterable[str]]) -> None:
        self._texts = [[split_words(text) for text in several] for several in texts]

    @cached_property
    def _postings(self) -> dict[str, dict[int, float]]:
        """Return the entities of each word, and its share of the shortest such text."""
        postings: dict[str, dict[int, float]] = defaultdict(dict)
        for number, several in enumerate(self._texts):
            for words in several:
                share = 1 / math.sqrt(len(words) or 1)
                for word in words:
                    postings[word][number] = max(postings[word].get(number, 0.0), share)
        return dict(postings)

    def search(self, words: tuple[str, ...]) -> ScoreById:
        """Return the texts that contain these words in sequence."""
        postings = [self._postings.get(word, {}) for word in words]
        if not postings or not all(postings):
            return {}
        return {
            number: sum(posting[number] for posting in postings)
            for number in set(postings[0]).intersection(*postings[1:])
            if len(words) == 1 or self._adjacent(number, words)
        }

    @cached_property
    def _numbers(self) -> list[tuple[int, int]]:
        """The entities whose text is a number, each with that number."""
        return [
            (number, int(words[0]))
            for number, several in enumerate(self._texts)
            for words in several
            if len(words) == 1 and words[0].isascii() and words[0].isdecimal()
        ]

    def search_range(self, first: float, last: float) -> ScoreById:
        """Return the scores of the entities whose text is a number from `first` to `last`."""
        return {number: 1.0 for number, value in self._numbers if first <= value <= last}

    def search_prefix(self, start: str) -> ScoreById:
        """Return the scores of the entities with a word that starts with `start`."""
        words = [word for word in self._postings if word.startswith(start)]
        return _max_scores([self.search((word,)) for word in words])

    def search_fuzzy(self, word: str, edits: int) -> ScoreById:
        """Return the scores of the entities with a word that is similar to `word`.

        `edits` is the maximum number of changed letters; a transposition is one edit. A less
        similar word scores less.
        """
        similar = process.extract(
            word, self._words, scorer=OSA.distance, score_cutoff=edits, limit=_MAX_EXPANSIONS
        )
        scores = []
        for other, distance, _ in similar:
            weight = 1 - distance / min(len(word), len(other))
            if weight > 0:
                hits = self.search((other,)).items()
                scores.append({number: weight * share for number, share in hits})
        return _max_scores(scores)

    @cached_property
    def _words(self) -> list[str]:
        return list(self._postings)

    def _adjacent(self, number: int, words: tuple[str, ...]) -> bool:
        size = len(words)
        return any(
            text[at : at + size] == words
            for text in self._texts[number]
            for at in range(len(text) - size + 1)
        )


class SearchIndex(Generic[_Entity]):
    """A search index of entities by several fields; the first field is the default one."""

    def __init__(
        self, entities: Sequence[_Entity], fields: Mapping[str, TextGetter[_Entity]]
    ) -> None:
        self._entities, self._texts = entities, fields
        self._fields: dict[str, _FieldIndex] = {}

    def search(self, query: QueryNode) -> list[tuple[int, _Entity]]:
        """Return the entities that match a query, each with its score up to 100, best first."""
        scores = self._score_node(query)
        best = max(scores.values(), default=1.0) or 1.0
        rated = [(round(100 * score / best), number) for number, score in scores.items()]
        return [(score, self._entities[number]) for score, number in sorted(rated, key=_sort_key)]

    def _score_node(self, node: QueryNode) -> ScoreById:
        if isinstance(node, QueryTerm):
            return self._score_leaf(node)
        if isinstance(node, QueryRange):
            is_field = node.field in self._texts
            return (
                self._get_field(node.field).search_range(node.first, node.last) if is_field else {}
            )
        parts = [self._score_node(part) for part in node.parts]
        if isinstance(node, AnyOf):
            return _sum_scores(parts, set().union(*parts))
        numbers = set(parts[0]).intersection(*parts[1:]) if parts else set()
        for part in node.excluded:
            numbers -= set(self._score_node(part))
        return _sum_scores(parts, numbers)

    def _score_leaf(self, leaf: QueryTerm) -> ScoreById:
        name = leaf.field or next(iter(self._texts))
        if name not in self._texts:
            return {}
        field = self._get_field(name)
        words = split_words(leaf.text)
        if leaf.edits and len(words) == 1:
            return field.search_fuzzy(words[0], leaf.edits)
        if leaf.is_prefix and len(words) < 2:
            return field.search_prefix("".join(words))
        return field.search(words)

    def _get_field(self, name: str) -> _FieldIndex:
        if name not in self._fields:
            self._fields[name] = _FieldIndex(
                [self._texts[name](entity) for entity in self._entities]
            )
        return self._fields[name]


def _sum_scores(parts: Sequence[ScoreById], numbers: Iterable[int]) -> ScoreById:
    return {number: sum(scores.get(number, 0.0) for scores in parts) for number in numbers}


def _max_scores(parts: Sequence[ScoreById]) -> ScoreById:
    numbers: set[int] = set().union(*parts)
    return {number: max(scores.get(number, 0.0) for scores in parts) for number in numbers}


def _sort_key(rated: tuple[int, int]) -> tuple[int, int]:
    return -rated[0], rated[1]
