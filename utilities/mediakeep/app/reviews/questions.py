"""The questions of a home: its pending reviews, of music and movies, and their groups.

read_questions   returns the questions that are open now, from the review list
group_questions  groups those that one answer may settle, and orders the groups
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import ignored_issues, path_text, suggestions
from mediakeep.app.reviews import answer_log
from mediakeep.app.reviews.answer_log import AnswerLog
from mediakeep.app.subjects import registry
from mediakeep.errors import NoQueue, UsageError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.movies import issue_kinds as movie_issue_kinds
from mediakeep.movies.issue_kinds import MovieIssueKind
from mediakeep.movies.item import MOVIES, MovieItem
from mediakeep.music import issue_kinds as music_issue_kinds
from mediakeep.music.issue_kinds import MusicIssueKind
from mediakeep.music.item import MUSIC
from mediakeep.music.reports import fix_commands
from mediakeep.queue import actions, readonly
from mediakeep.queue.state import QueueState
from mediakeep.views import review

QUEUES: Mapping[str, Kind] = {kind.name: kind for kind in (MUSIC, MOVIES)}
QuestionOrder = Literal["damage", "most"]

_KINDS: Mapping[str, Mapping[str, MusicIssueKind | MovieIssueKind]] = {
    MUSIC.name: {kind.name: kind for kind in music_issue_kinds.ISSUE_KINDS},
    MOVIES.name: {kind.name: kind for kind in movie_issue_kinds.ISSUE_KINDS},
}
_MBID_KINDS = (fix_commands.RELEASE_KIND, fix_commands.ARTIST_KIND)


class ReviewQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A pending review. Paths are escaped; `album` and `path` are relative to `folder`.

    `item` is the key of the artist or movie in its `queue`, and `folder` its path. `field` is the
    tag field that an edit sets, "cover" for a cover, or "" if it cannot be edited. `is_choice` is
    True if a release, an artist or a movie can be chosen. `postponed` is True if the user has
    answered "later" before.
    """

    id: str
    queue: str
    item: str
    folder: str
    kind: str
    severity: str
    album: str = ""
    path: str = ""
    detail: str = ""
    proposal: str = ""
    held: str = ""
    command: str = ""
    report: str = ""
    field: str = ""
    is_choice: bool = False
    postponed: bool = False

    @property
    def name(self) -> str:
        """The name of the artist or movie."""
        return self.item.rpartition("/")[2] if self.queue == MUSIC.name else self.item

    @property
    def place(self) -> Path:
        """The file or the folder that the question is about."""
        below = path_text.unescape_path(self.path or self.album)
        folder = Path(path_text.unescape_path(self.folder))
        return folder / below if self.queue == MUSIC.name and below else folder

    @property
    def is_damage(self) -> bool:
        """True if the file itself is damaged, so that no tag or choice helps."""
        return self.kind in QUEUES[self.queue].damage_kinds

    @property
    def meaning(self) -> str:
        """What the kind of issue means."""
        return _KINDS[self.queue][self.kind].meaning if self.kind in _KINDS[self.queue] else ""


class QuestionGroup(msgspec.Struct, frozen=True):
    """Questions of one album and kind, or of one movie and kind, that are asked together."""

    questions: tuple[ReviewQuestion, ...]

    @property
    def first(self) -> ReviewQuestion:
        """The first question, which stands for all in queue, item, album and kind."""
        return self.questions[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all questions."""
        return tuple(question.id for question in self.questions)

    @property
    def edit_ids(self) -> tuple[str, ...]:
        """The ids that one edit settles: the first only if each track has its own value."""
        is_per_track = self.first.field in fix_commands.PER_TRACK_FIELDS
        return self.ids[:1] if is_per_track else self.ids


def read_questions(
    home: Path,
    queue: str = "",
    *,
    kind: str = "",
    artist: str = "",
    warnings: list[str] | None = None,
    states: Mapping[str, QueueState] | None = None,
    log: AnswerLog | None = None,
) -> list[ReviewQuestion]:
    """Return the open questions of one queue or of both, after the review list was updated.

    The list is updated from the records of the items first; a missing or damaged one is written
    again. Ignored issues are left out, and movies that the user has chosen and a batch has not
    processed yet. Errors of single records are added to `warnings`; `states` and `log` are
    those of the home if they were read already. Raise UsageError if the queue, the kind or the
    artist is unknown, NoQueue if there is no queue.
    """
    wanted = [QUEUES[queue]] if queue else list(QUEUES.values())
    _check_kind(kind, wanted)
    states = dict(_load_states(home, wanted)) if states is None else states
    if not states:
        raise readonly.no_queue_error(registry.queue_folder(home, wanted[0]), wanted[0])
    only = (MUSIC.name, actions.find_item_key(states[MUSIC.name], artist)) if artist else None
    postponed = answer_log.collect_ids((log or AnswerLog(home)).read_answers(), "later")
    ignored = ignored_issues.read(home)
    listed = _update_list(home, states, [] if warnings is None else warnings)
    return [
        _build_question(entry, key, item, postponed)
        for entry, key, item in _iter_entries(listed, states)
        if only in (None, (entry["queue"], key))
        and kind in ("", entry["kind"])
        and entry["id"] not in ignored
        and not is_chosen(item)
    ]


def _iter_entries(
    listed: review.EntriesByItem, states: Mapping[str, QueueState]
) -> Iterator[tuple[Mapping[str, Any], str, Item]]:
    """Yield the entries of a review list with their items, which another process may have added."""
    for key, entries in listed.items():
        for entry in entries:
            state = states.get(entry["queue"])
            if state and (item := state.items.get(key)):
                yield entry, key, item


def _load_states(home: Path, wanted: Iterable[Kind]) -> Iterator[tuple[str, QueueState]]:
    for kind in wanted:
        try:
            yield kind.name, readonly.load_state(registry.queue_folder(home, kind), kind)
        except NoQueue:
            continue


def _update_list(
    home: Path, states: Mapping[str, QueueState], warnings: list[str]
) -> review.EntriesByItem:
    listed: review.EntriesByItem = {}
    for name, state in states.items():
        folder = registry.queue_folder(home, state.kind)
        reviewed = registry.get_reviewed(QUEUES[name])
        read_item = review.skip_items_with_errors(partial(reviewed.read_reviews, home), warnings)
        listed = review.update_review_list(home, folder, state, read_item).reviews
    return listed


def _check_kind(kind: str, queues: Iterable[Kind]) -> None:
    known = [name for queue in queues for name in _KINDS[queue.name]]
    if kind and kind not in known:
        near = suggestions.suggest_closest_name(kind, known)
        raise UsageError(f'Unknown issue kind "{kind}".{near}')


def is_chosen(item: Item) -> bool:
    """Return whether the user has chosen the movie of an item that no batch has processed since."""
    return isinstance(item, MovieItem) and item.match == "user" and item.status is Status.PENDING


def _build_question(
    entry: Mapping[str, Any], key: str, item: Item, postponed: set[str]
) -> ReviewQuestion:
    kind, is_music = entry["kind"], entry["queue"] == MUSIC.name
    field = fix_commands.FIELD_BY_KIND.get(kind, ("", ""))[0] if is_music else ""
    if is_music and kind in fix_commands.COVER_KINDS:
        field = "cover"
    return ReviewQuestion(
        item=key,
        folder=item.path,
        field=field,
        is_choice=kind in _MBID_KINDS if is_music else bool(entry["command"]),
        postponed=entry["id"] in postponed,
        **{name: entry.get(name, "") for name in _ENTRY_FIELDS},
    )


_ENTRY_FIELDS = (
    *("id", "queue", "album", "path", "kind", "severity", "detail", "proposal", "held"),
    *("command", "report"),
)


def group_questions(
    questions: Iterable[ReviewQuestion], order: QuestionOrder = "damage"
) -> list[QuestionGroup]:
    """Group questions by item, album and kind, and order the groups.

    The order "damage" begins with damaged files; both continue with what one answer settles most,
    by the number of questions of the same kind and item, and end with those that were postponed.
    """
    by_key: dict[tuple[Any, ...], list[ReviewQuestion]] = {}
    for question in questions:
        key = (question.queue, question.item, question.album, question.kind)
        by_key.setdefault((*key, bool(question.proposal)), []).append(question)
    alike = Counter(
        (question.queue, question.item, question.kind)
        for members in by_key.values()
        for question in members
    )

    def rank(group: QuestionGroup) -> tuple[Any, ...]:
        first = group.first
        is_later = order == "damage" and not first.is_damage
        count = alike[first.queue, first.item, first.kind]
        return first.postponed, is_later, -count, first.queue, first.item, first.kind, first.album

    return sorted((QuestionGroup(tuple(members)) for members in by_key.values()), key=rank)


def find_alike(group: QuestionGroup, questions: Sequence[ReviewQuestion]) -> list[ReviewQuestion]:
    """Return the questions of the same kind that have proposals, of all albums and artists."""
    first = group.first
    return [
        question
        for question in questions
        if (question.queue, question.kind) == (first.queue, first.kind) and question.proposal
    ]


def select_alike(group: QuestionGroup, questions: Sequence[ReviewQuestion]) -> list[ReviewQuestion]:
    """Return more questions that one answer accepts: of the item, or else of all; [] if none."""
    if not group.first.proposal:
        return []
    alike = find_alike(group, questions)
    own = [question for question in alike if question.item == group.first.item]
    chosen = own if len(own) > len(group.questions) else alike
    return chosen if len(chosen) > len(group.questions) else []
