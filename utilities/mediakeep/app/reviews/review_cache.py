"""The pending reviews of a home, which are read again when a file of them has changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from mediakeep import ignored_issues
from mediakeep.app.reviews import answer_log, questions
from mediakeep.app.reviews.questions import QuestionGroup, QuestionOrder, ReviewQuestion
from mediakeep.queue.state import QueueState
from mediakeep.views import review

_FILES_OF_ANSWERS = (ignored_issues.FILE, answer_log.FILE)


class ReviewCache:
    """The reviews that were read last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: object = None
        self._questions: list[ReviewQuestion] = []
        self._groups: dict[str, list[QuestionGroup]] = {}

    def read(
        self, home: Path, states: Mapping[str, QueueState], order: QuestionOrder
    ) -> tuple[Sequence[ReviewQuestion], list[QuestionGroup]]:
        """Return all reviews of queues, and their groups in an order."""
        seqs = [(name, state.seq) for name, state in states.items()]
        with self._lock:
            answers = _stamp_files(home, *_FILES_OF_ANSWERS)  # before they are read
            if (seqs, answers, _stamp_files(home, review.FILE)) != self._stamp:
                found = questions.read_questions(home, states=states) if states else []
                self._questions, self._groups = found, {}
                self._stamp = seqs, answers, _stamp_files(home, review.FILE)  # it was updated
            if order not in self._groups:
                self._groups[order] = questions.group_questions(self._questions, order)
            return self._questions, self._groups[order]


def _stamp_files(home: Path, *names: str) -> list[int]:
    paths = [home / name for name in names]
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
