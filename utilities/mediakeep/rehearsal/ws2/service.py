"""The MusicBrainz web service of a catalogue: all paths below /ws/2, and its errors."""

from __future__ import annotations

from mediakeep.rehearsal.reply import Question, Refusal, Reply, error
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import browse, ids, incs, lookup
from mediakeep.rehearsal.ws2.search import Searcher

ROOT = "/ws/2/"


class Service:
    """Handle requests for one catalogue."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves, self._searcher = shelves, Searcher(shelves)

    def answer(self, question: Question) -> Reply:
        """Handle a request; errors have MusicBrainz's format."""
        try:
            return self._answer(question)
        except Refusal as refusal:
            return error(refusal.status, refusal.message)

    def _answer(self, question: Question) -> Reply:
        if question.method != "GET":
            raise Refusal(405, "Only GET is supported.")
        if question.one("fmt") != "json":
            raise Refusal(406, "Only JSON is supported: use fmt=json.")
        entity, _, mbid = question.path.removeprefix(ROOT).rstrip("/").partition("/")
        if entity not in incs.LOOKUP:
            raise Refusal(404, "Not Found")
        if mbid:
            return lookup.answer(self._shelves, entity, ids.read(mbid), question)
        if "query" in question.query:
            return self._searcher.answer(entity, question)
        if entity in incs.BROWSE:
            return browse.answer(self._shelves, entity, question)
        raise Refusal(400, f"Request {entity} by an MBID or by a query.")
