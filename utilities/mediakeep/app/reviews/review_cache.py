"""The pending reviews of a home, which are read again when a file of them has changed."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import config, ignored_issues, path_text
from mediakeep.app.reviews import answer_log, questions
from mediakeep.app.reviews.questions import QuestionGroup, QuestionOrder, ReviewQuestion
from mediakeep.lookups.musicbrainz import lookup_store
from mediakeep.media import folder_listing
from mediakeep.music.item import MUSIC
from mediakeep.queue.state import QueueState
from mediakeep.views import review

T = TypeVar("T")

_MAX_SELECTIONS = 50  # in memory
_MAX_FINDINGS, _FINDING_SECONDS = 50, 10.0  # in memory, and for how long
_FILES_OF_ANSWERS = (ignored_issues.FILE, answer_log.FILE)
_LOOKUPS = f"status/cache/{lookup_store.FILE_NAME}"
_FILES_OF_FINDINGS = (config.FILE_NAME, _LOOKUPS, f"{_LOOKUPS}-wal")


class ReviewGroup(msgspec.Struct, frozen=True):
    """Reviews of one item, album and kind; `alike` counts the kind's reviews with a proposal."""

    ids: tuple[str, ...]
    name: str
    place: str
    meaning: str
    alike: int
    reviews: tuple[ReviewQuestion, ...]


class ReviewPage(msgspec.Struct, frozen=True):
    """A page of groups, the number of their reviews, and `after` of the next page, "" if none.

    `by_kind` counts all pending reviews.
    """

    total: int
    by_kind: dict[str, int]
    groups: list[ReviewGroup]
    next: str = ""


class SelectedGroups(list[QuestionGroup]):
    """The groups that fit a filter, in an order."""

    @cached_property
    def total(self) -> int:
        """The number of their reviews."""
        return sum(len(group.questions) for group in self)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {id_: number for number, group in enumerate(self) for id_ in group.ids}

    def find_number(self, id_: str) -> int:
        """Return the number of the group with a review, or -1 if there is none."""
        return self._numbers.get(id_, -1)


class ReviewIndex:
    """All pending reviews at one moment."""

    def __init__(self, found: Sequence[ReviewQuestion]) -> None:
        self.questions = found
        self._groups: dict[str, list[tuple[str, QuestionGroup]]] = {}
        self._selected: dict[tuple[str, ...], SelectedGroups] = {}

    @cached_property
    def by_id(self) -> Mapping[str, ReviewQuestion]:
        """All reviews by their ids."""
        return {question.id: question for question in self.questions}

    def find_group(self, id_: str) -> QuestionGroup | None:
        """Return the group of a review, or None if it is not pending."""
        return self._group_by_id.get(id_)

    def list_questions(self, queue: str, item: str) -> Sequence[ReviewQuestion]:
        """Return the questions of an item."""
        return self._by_item[queue, item]

    def select(self, *, queue: str, kind: str, name: str, order: QuestionOrder) -> SelectedGroups:
        """Return the groups that fit, in an order; "" fits all, and `name` is a part of a name."""
        choice = queue, kind, name, order
        if choice not in self._selected:
            if len(self._selected) >= _MAX_SELECTIONS:
                self._selected.clear()
            wanted = path_text.normalize_name(name)
            self._selected[choice] = SelectedGroups(
                group
                for folded, group in self._order_groups(order)
                if queue in ("", group.first.queue)
                and kind in ("", group.first.kind)
                and wanted in folded
            )
        return self._selected[choice]

    def list_page(self, groups: SelectedGroups, after: str, limit: int) -> ReviewPage:
        """Return a page of selected groups, which begins after that of the review `after`."""
        start = groups.find_number(after) + 1
        page = groups[start : start + limit]
        following = page[-1].ids[0] if page and start + len(page) < len(groups) else ""
        described = list(map(self.describe, page))
        return ReviewPage(groups.total, self._by_kind, described, following)

    def describe(self, group: QuestionGroup) -> ReviewGroup:
        """Return what is shown of a group."""
        first = group.first
        return ReviewGroup(
            group.ids,
            first.name,
            path_text.display_path(first.place),
            first.meaning,
            self._alike[first.queue, first.kind],
            group.questions,
        )

    def _order_groups(self, order: QuestionOrder) -> list[tuple[str, QuestionGroup]]:
        """Return the groups in an order, each with the name of its item as names are compared."""
        if order not in self._groups:
            groups = questions.group_questions(self.questions, order)
            self._groups[order] = [
                (path_text.normalize_name(group.first.name), group) for group in groups
            ]
        return self._groups[order]

    @cached_property
    def _by_item(self) -> Mapping[tuple[str, str], list[ReviewQuestion]]:
        found: defaultdict[tuple[str, str], list[ReviewQuestion]] = defaultdict(list)
        for question in self.questions:
            found[question.queue, question.item].append(question)
        return found

    @cached_property
    def _group_by_id(self) -> Mapping[str, QuestionGroup]:
        return {id_: group for _, group in self._order_groups("damage") for id_ in group.ids}

    @cached_property
    def _by_kind(self) -> dict[str, int]:
        return dict(sorted(Counter(question.kind for question in self.questions).items()))

    @cached_property
    def _alike(self) -> Counter[tuple[str, str]]:
        return Counter((it.queue, it.kind) for it in self.questions if it.proposal)


class ReviewCache:
    """The reviews that were read last, and what was found out about artists with reviews."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp: object = None
        self._index = ReviewIndex(())
        self._found: dict[tuple[str, Hashable], tuple[object, float, Any]] = {}

    def read(self, home: Path, states: Mapping[str, QueueState]) -> ReviewIndex:
        """Return all reviews of queues."""
        seqs = [(name, state.seq) for name, state in states.items()]
        with self._lock:
            answers = _stamp_files(home, *_FILES_OF_ANSWERS)  # before they are read
            if (seqs, answers, _stamp_files(home, review.FILE)) != self._stamp:
                found = questions.read_questions(home, states=states) if states else []
                self._index = ReviewIndex(found)
                self._stamp = seqs, answers, _stamp_files(home, review.FILE)  # it was updated
            return self._index

    def find_out(
        self,
        home: Path,
        key: Hashable,
        asked: Sequence[ReviewQuestion],
        entries: object,
        read: Callable[[], T],
    ) -> T:
        """Return what is found out about an artist by a function, or what was, for some seconds.

        So it is as long as no file of the artist, no setting, no lookup and none of its `entries`
        in lists has changed; its files are read no more for each event of a batch.
        """
        folders = {question.folder for question in asked if question.queue == MUSIC.name}
        if len(folders) != 1:
            return read()
        (folder,) = folders
        stamp = _stamp_tree(path_text.to_path(folder)), _stamp_files(home, *_FILES_OF_FINDINGS)
        now = time.monotonic()
        known, until, found = self._found.get((folder, key), (None, 0.0, None))
        if known != (*stamp, entries) or now > until:
            found = read()
            if len(self._found) >= _MAX_FINDINGS:
                self._found.clear()
            self._found[folder, key] = (*stamp, entries), now + _FINDING_SECONDS, found
        return found  # type: ignore[no-any-return]

    def forget(self, asked: Sequence[ReviewQuestion]) -> None:
        """Drop what was found out about the artists of questions."""
        folders = {question.folder for question in asked}
        for known in list(self._found):
            if known[0] in folders:
                self._found.pop(known, None)


def _stamp_tree(folder: Path) -> tuple[str, int]:
    """Return a value that differs if a file in a folder has changed."""
    listed = list(folder_listing.walk_tree(folder))
    files = (file.stat for folder in listed for file in folder.files if file.stat)
    last = max((facts.st_ctime_ns for facts in files), default=0)
    return folder_listing.compute_folders_fingerprint(listed), last


def _stamp_files(home: Path, *names: str) -> list[int]:
    paths = [home / name for name in names]
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]
