"""A session of answers to pending reviews, and what each answer does.

    with review_session.open_session(home) as session:
        questions = read_questions(home)
        group = group_questions(questions)[0]
        if session.claim(group.questions):
            shown = preview_answers.preview(session, ReviewDecision(group.ids, "accept"))
            result = decide(session, ReviewDecision(group.ids, "accept", expected=shown.digest))

1. An answer is appended to the log of answers and synced.
2. It takes effect as the command in the review list does: with the same safeguards, undo records
   and queue records. All changes of files are marked with the id of the session.
3. The items are read again, so that the review list is up to date when `decide` returns.

A process may have several sessions, each used by one thread at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock, ignored_issues, path_text
from mediakeep.app.console import CollectingConsole, Console
from mediakeep.app.edit import audio_targets, edit_fields, item_checkout
from mediakeep.app.edit.cover_edits import CoverEdits
from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.app.edit.edit_result import EditResult
from mediakeep.app.edit.file_edits import FileEdits
from mediakeep.app.movies import manual_match
from mediakeep.app.reviews import (
    accept_proposals,
    choose_release,
)
from mediakeep.app.reviews import (
    questions as question_list,
)
from mediakeep.app.reviews.answer_log import Action, Answer, AnswerLog
from mediakeep.app.reviews.choose_release import ReleaseChoice
from mediakeep.app.reviews.item_claims import ItemClaims
from mediakeep.app.reviews.questions import QUEUES, ReviewQuestion
from mediakeep.app.reviews.review_list import ReviewFilter
from mediakeep.app.subjects import registry
from mediakeep.errors import UsageError
from mediakeep.ignored_issues import IgnoredIssue
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from mediakeep.music.reports import fix_commands
from mediakeep.policy import READ_ONLY, WritePolicy
from mediakeep.queue.state import QueueState
from mediakeep.views import review

COMMAND_NAME = "review"
_NOT_LISTED = "it is not in the review list any more: it was settled meanwhile."
_IN_OTHER_SITTING = "it is being decided in another sitting."


class ReviewDecision(msgspec.Struct, frozen=True):
    """The answer to questions of one queue.

    `value` is the MBID or TMDb id of a choice, the value of an edit, or the path of a picture.
    `insist` skips the safeguards, as --yes does. `expected` is the digest of the preview that the
    user has seen: if the changes would be others now, nothing is written.
    """

    ids: tuple[str, ...]
    action: Action
    value: str = ""
    insist: bool = False
    expected: str = ""


class DecisionResult(msgspec.Struct, frozen=True):
    """What an answer did; `refused` has the reason for each question that was not settled.

    `files` are the escaped paths of changed files.
    """

    decided: tuple[str, ...] = ()
    refused: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass
class ReviewSession:
    """The answers of one sitting; `id` marks its changes of files.

    `music` is the queue of music for previews, if it was read already.
    """

    home: Path
    id: str
    policy: WritePolicy = READ_ONLY
    music: QueueState | None = None
    claims: ItemClaims = field(init=False)
    log: AnswerLog = field(init=False)

    def __post_init__(self) -> None:
        self.claims, self.log = ItemClaims(self.home), AnswerLog(self.home)

    def claim(self, asked: Sequence[ReviewQuestion]) -> bool:
        """Claim the items of questions, instead of earlier ones; return False if another has one.

        As long as they are claimed, no other session asks about these items.
        """
        names = {get_claim_name(question) for question in asked}
        self.claims.release(*names, _session_claim(self.id))
        return not self.claims.take(*sorted(names))

    def build_command(self, console: Console, **options: Any) -> EditCommand:
        """Return the command that edits files for this session."""
        return EditCommand(
            self.home,
            COMMAND_NAME,
            self.policy,
            console,
            **{"dry_run": False, "yes": True, "as_json": False, "is_proposal": True} | options,
            session=self.id,
        )


@contextlib.contextmanager
def open_session(
    home: Path, policy: WritePolicy = READ_ONLY, *, resume: bool = False
) -> Iterator[ReviewSession]:
    """Open a session for a `with` block; with `resume`, one that was killed is continued."""
    session = ReviewSession(home, "", policy)
    names = [*(session.log.list_unfinished() if resume else ())]
    names.append(item_checkout.new_session_id(COMMAND_NAME))
    session.id = next(name for name in names if not session.claims.take(_session_claim(name)))
    try:
        yield session
        if number := session.log.get_last_number(session.id):
            session.log.append(Answer(session=session.id, number=number, action="end"))
    finally:
        session.claims.release()


def get_claim_name(question: ReviewQuestion) -> str:
    """Return the name under which the item of a question is claimed."""
    return f"{question.queue}/{question.item}"


def _session_claim(session: str) -> str:
    return f"session/{session}"


def decide(session: ReviewSession, decision: ReviewDecision) -> DecisionResult:
    """Carry out an answer; when it returns, everything is on the disk.

    A question that cannot be settled is refused with its reason, and the others are settled. Raise
    a MediakeepError if the answer is invalid or the state is damaged.
    """
    listed = {
        question.id: question
        for question in question_list.read_questions(session.home, log=session.log)
    }
    found = [listed[id_] for id_ in decision.ids if id_ in listed]
    refused = {id_: _NOT_LISTED for id_ in decision.ids if id_ not in listed}
    allowed = [question for question in found if not session.claims.take(get_claim_name(question))]
    refused |= {question.id: _IN_OTHER_SITTING for question in found if question not in allowed}
    if not allowed:
        return DecisionResult(refused=refused)
    if len({question.queue for question in allowed}) > 1:
        raise UsageError("Decide about one queue at a time.")
    check_action(allowed, decision)
    number = _continue_killed(session, allowed, decision)
    if not number:
        number = session.log.get_last_number(session.id) + 1
        session.log.append(_build_answer(session, number, allowed, decision))
    try:
        result = _take_effect(session, allowed, decision)
    except UsageError as error:
        result = DecisionResult(refused={question.id: str(error) for question in allowed})
    if not result.decided and not result.files:
        session.log.append(Answer(session=session.id, number=number, action="undo"))
    return structs.replace(result, refused=refused | result.refused)


def _continue_killed(
    session: ReviewSession, asked: Sequence[ReviewQuestion], decision: ReviewDecision
) -> int:
    """Make a session without answers the killed one that gave this answer already.

    Return the number of the answer there, or 0 if there is none, or others in that session: an undo
    of a session would undo these, too.
    """
    ids = [question.id for question in asked]
    same = session.log.find_unfinished(ids, decision.action, decision.value)
    if same is None or session.log.get_last_number(session.id):
        return 0
    if session.log.get_last_number(same.session) > 1:
        return 0
    if session.claims.take(_session_claim(same.session)):
        return 0
    session.id = same.session
    return same.number


def check_action(asked: Sequence[ReviewQuestion], decision: ReviewDecision) -> None:
    """Raise UsageError if an answer does not suit the questions."""
    first = asked[0]
    if decision.action == "edit" and not first.field:
        raise UsageError(f"{first.kind} cannot be edited.")
    if decision.action == "choose" and not (first.is_choice and len(asked) == 1):
        raise UsageError(f"Nothing can be chosen for {first.kind}, or for several at once.")
    if decision.action in ("edit", "choose") and len({it.kind for it in asked}) > 1:
        raise UsageError("Edit questions of one kind at a time.")


def _build_answer(
    session: ReviewSession, number: int, asked: Sequence[ReviewQuestion], decision: ReviewDecision
) -> Answer:
    queue, items = asked[0].queue, dict.fromkeys(question.item for question in asked)
    before: dict[str, dict[str, Any]] = {}
    if queue == MOVIES.name and decision.action == "choose":
        movies = registry.read_items(session.home, MOVIES)
        # One that was forgotten meanwhile is refused when the choice is recorded.
        found = [key for key in items if key in movies]
        before = {key: manual_match.get_match_fields(movies[key]) for key in found}
    with contextlib.closing(UndoStore(session.home / "status" / "undo")) as store:
        newest = next(store.iter_newest(), None) if store.folder.is_dir() else None
    return Answer(
        session=session.id,
        number=number,
        action=decision.action,
        queue=queue,
        ids=tuple(question.id for question in asked),
        items=tuple(items),
        value=decision.value,
        before=before,
        since=newest.record.id if newest else "",
    )


def _take_effect(
    session: ReviewSession, asked: Sequence[ReviewQuestion], decision: ReviewDecision
) -> DecisionResult:
    ids = tuple(question.id for question in asked)
    if decision.action == "later":
        return DecisionResult(ids)
    if decision.action == "never":
        ignore_issues(session, asked)
        return DecisionResult(ids)
    if asked[0].queue == MOVIES.name:
        if decision.action != "choose":
            raise UsageError(f"{asked[0].kind} has no proposal. Choose the movie instead.")
        output = CollectingConsole(agrees=True)
        result = manual_match.record_choice(session.home, asked[0].item, decision.value, output)
        return DecisionResult(ids, notes=(*result.lines, *output.messages))
    return _edit_files(session, asked, decision)


def ignore_issues(session: ReviewSession, asked: Sequence[ReviewQuestion]) -> None:
    """Add questions to the ignored issues, and read their items again.

    Raise UsageError if the items cannot be read; then nothing is ignored.
    """
    now = clock.format_iso(clock.now())
    added = {
        question.id: IgnoredIssue(
            queue=question.queue,
            item=question.item,
            kind=question.kind,
            album=question.album,
            path=question.path,
            session=session.id,
            time=now,
        )
        for question in asked
    }
    try:
        with claim_items_and_reread(session, asked[0].queue, (it.item for it in asked)):
            ignored_issues.update(session.home, added)
    except UsageError:  # such as a library that is not mounted
        ignored_issues.update(session.home, {}, added)
        raise


@contextlib.contextmanager
def claim_items_and_reread(
    session: ReviewSession, queue: str, keys: Iterable[str]
) -> Iterator[None]:
    """Claim items for a `with` block, and read them again at its end; raise ItemInUse."""
    with item_checkout.open_checkout(
        session.home, QUEUES[queue], COMMAND_NAME, CollectingConsole(agrees=True), session.id
    ) as checkout:
        checkout.claim((), set(keys))
        yield


def refresh(session: ReviewSession, asked: Sequence[ReviewQuestion]) -> None:
    """Read the items of questions again, and update the review list; raise ItemInUse."""
    with claim_items_and_reread(session, asked[0].queue, (question.item for question in asked)):
        pass


def _edit_files(
    session: ReviewSession, asked: Sequence[ReviewQuestion], decision: ReviewDecision
) -> DecisionResult:
    """Write the changes of an answer, and find out which questions it settled."""
    result, output = EditResult(), CollectingConsole(agrees=True)
    edits = build_edits(session, asked, decision, result)
    reasons = list[str]()
    try:
        session.build_command(output, expected=decision.expected).apply(edits.all, result)
    except UsageError as error:  # such as a library that was unmounted meanwhile
        if not result.changed:
            raise
        reasons.append(str(error))
    files = tuple(plan.path for plan in result.changed)
    if not files and not result.failed:  # settled already, but not in the list
        refresh(session, asked)
    reasons += [why for name, why in result.failed.items() if name not in decision.ids]
    if result.untried:
        reasons.append(f"{result.untried:,} files were not tried.")
    refused = {id_: result.failed[id_] for id_ in decision.ids if id_ in result.failed}
    if reasons:
        left = {
            question.id for question in question_list.read_questions(session.home, log=session.log)
        }
        failed = [it.id for it in asked if it.id in left and it.id not in refused]
        refused |= dict.fromkeys(failed, " ".join(reasons))
    decided = tuple(question.id for question in asked if question.id not in refused)
    return DecisionResult(decided, refused, (*result.notes, *output.messages), files)


def build_edits(
    session: ReviewSession,
    asked: Sequence[ReviewQuestion],
    decision: ReviewDecision,
    result: EditResult,
) -> FileEdits:
    """Return the file edits of an answer; record in `result` what is not written.

    Raise UsageError if the value is invalid.
    """
    home, listed = session.home, Path(review.FILE)
    choice = ReviewFilter(tuple(question.id for question in asked))
    if decision.action == "accept":
        return accept_proposals.build_edits_from_proposals(
            home, listed, choice, result, session.music
        )
    if asked[0].kind == fix_commands.RELEASE_KIND:
        chosen = ReleaseChoice.from_text(decision.value, insisted=decision.insist)
        return choose_release.build_edits_from_choice(
            home, listed, choice, chosen, result, session.music
        )
    ignored = registry.read_ignore_settings(home, session.policy.links)
    if asked[0].field == "cover":
        covers = CoverEdits(result, skip_existing=False, ignored=ignored)
        for place in dict.fromkeys(question.place for question in asked):
            image = Path(path_text.unescape_path(decision.value)).expanduser()
            covers.add_cover(place, place / image)
        result.notes += covers.warnings
        return covers.edits
    return edit_fields.build_field_edits(
        asked[0].field,
        (decision.value,),
        lambda: [place for question in asked for place in _find_tracks(question, ignored)],
        yes=decision.insist,
    )


def _find_tracks(question: ReviewQuestion, ignored: Any) -> list[Path]:
    """Return the tracks that an edit of a question changes, as its command in the list does."""
    if question.album and not question.path:
        return audio_targets.find_album_tracks(question.place, ignored)
    return audio_targets.find_tracks(question.place, ignored)
