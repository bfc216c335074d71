"""Undo answers of the user: the changes of files, ignored issues, and choices of movies."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from mediakeep import ignored_issues
from mediakeep.app.console import CollectingConsole
from mediakeep.app.movies import manual_match
from mediakeep.app.reviews import answer_log, review_session
from mediakeep.app.reviews.answer_log import Answer
from mediakeep.app.reviews.questions import QUEUES
from mediakeep.app.reviews.review_session import ReviewSession
from mediakeep.app.undo.run_undo import UndoOptions, UndoRun
from mediakeep.errors import UsageError
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES

_FILE_ACTIONS = ("accept", "choose", "edit")


class UndoneAnswers(msgspec.Struct, frozen=True):
    """Undone answers; `refused` has the reason for each file or movie that was not restored."""

    answers: tuple[Answer, ...] = ()
    files: tuple[str, ...] = ()  # escaped paths
    refused: dict[str, str] = {}


def undo_last(session: ReviewSession) -> UndoneAnswers:
    """Undo the last answer of a session that was not undone; raise UsageError if there is none."""
    answers = answer_log.select_session(answer_log.read_open(session.home), session.id)
    if not answers:
        raise UsageError("Nothing to undo: no answer was given in this sitting.")
    return _undo(session, answers[-1:])


def undo_session(session: ReviewSession, other: str) -> UndoneAnswers:
    """Undo all answers of another session; "last" is the last one with answers.

    Raise UsageError if there is none.
    """
    open_answers = answer_log.read_open(session.home)
    wanted = open_answers[-1].session if other == "last" and open_answers else other
    answers = answer_log.select_session(open_answers, wanted)
    if not answers:
        raise UsageError(f"Nothing to undo: no answers of session {other}, or all are undone.")
    return _undo(session, answers)


def _undo(session: ReviewSession, answers: Sequence[Answer]) -> UndoneAnswers:
    """Undo answers of one session, the last one first; after a kill, the same call continues."""
    files, refused = _undo_files(session, answers)
    for queue in QUEUES:
        never = [it for it in answers if it.action == "never" and it.queue == queue]
        if never:
            keys = (key for answer in never for key in answer.items)
            with review_session.refresh_items(session, queue, keys):
                ignored_issues.update(
                    session.home, {}, (id_ for answer in never for id_ in answer.ids)
                )
    for answer in reversed(answers):
        if answer.before:
            changed = manual_match.restore_matches(
                session.home, answer.before, answer.value, CollectingConsole(agrees=True)
            )
            refused |= dict.fromkeys(changed, "its movie was chosen again since.")
    for answer in answers if not refused else ():
        mark = Answer(session=answer.session, number=answer.number, action="undo")
        answer_log.append(session.home, mark)
    return UndoneAnswers(tuple(answers), files, refused)


def _undo_files(
    session: ReviewSession, answers: Sequence[Answer]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Restore the files that answers have changed."""
    editing = [
        answer
        for answer in answers
        if answer.action in _FILE_ACTIONS and answer.queue != MOVIES.name
    ]
    if not editing:
        return (), {}
    home, rules = session.home, ReplaceRules(session.policy.hardlinks, session.policy.keep_mtime)
    with contextlib.closing(UndoStore(home / "status" / "undo")) as store:
        wanted = _find_records(store, editing[0].session, editing[0].since)
        query = RecordQuery(session=editing[0].session)
        steps = [it for it in apply_undo.plan_undo(store, query) if it.record.id in wanted]
        options = UndoOptions(home, rules, dry_run=False, force=False, as_json=False)
        run = UndoRun(options, CollectingConsole(agrees=True))
        run.run(steps, store)
    return tuple(dict.fromkeys(change.path for change in run.restored)), run.refused


def _find_records(store: UndoStore, session: str, since: str) -> set[str]:
    """Return the ids of the undo records of a session that were made after the record `since`."""
    found: set[str] = set()
    for entry in store.iter_newest():
        if entry.record.id == since:
            break
        if entry.record.session == session:
            found.add(entry.record.id)
    return found
