"""Undo answers of the user: the changes of files, ignored issues, and choices of movies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import msgspec

from mediakeep import command_text, ignored_issues
from mediakeep.app.console import CollectingConsole
from mediakeep.app.movies import manual_match
from mediakeep.app.reviews import review_session
from mediakeep.app.reviews.answer_log import Answer
from mediakeep.app.reviews.questions import QUEUES
from mediakeep.app.reviews.review_session import ReviewSession
from mediakeep.app.undo.run_undo import UndoOptions, UndoRun
from mediakeep.errors import UndoStopped, UsageError
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from mediakeep.size_text import format_count

_FILE_ACTIONS = ("accept", "choose", "edit")


class UndoneAnswers(msgspec.Struct, frozen=True):
    """Undone answers; `refused` has the reason for each file or item that was not restored.

    An answer with a part that was not restored is not among `answers`, and can be undone again.
    """

    answers: tuple[Answer, ...] = ()
    files: tuple[str, ...] = ()  # escaped paths
    refused: dict[str, str] = {}


def format_undone(undone: UndoneAnswers) -> Iterator[str]:
    """Yield lines on undone answers."""
    yield from undone.refused.values()
    files = f", {format_count(len(undone.files), 'file')} restored" if undone.files else ""
    yield f"{format_count(len(undone.answers), 'answer')} undone{files}."


def undo_last(session: ReviewSession) -> UndoneAnswers:
    """Undo the last answer of a session that was not undone; raise UsageError if there is none."""
    answers = session.log.read_session(session.id)
    if not answers:
        raise UsageError("Nothing to undo: no answer was given in this sitting.")
    return _undo(session, answers[-1:])


def undo_session(session: ReviewSession, other: str) -> UndoneAnswers:
    """Undo all answers of another session; "last" is the last one with answers.

    Raise UsageError if there is none.
    """
    open_answers = session.log.read_answers()
    wanted = open_answers[-1].session if other == "last" and open_answers else other
    answers = session.log.read_session(wanted)
    if not answers and other == "last":
        raise UsageError("Nothing to undo: no answer was given, or all are undone.")
    if not answers:
        raise UsageError(f"Nothing to undo: no answers of session {other}, or all are undone.")
    return _undo(session, answers)


def _undo(session: ReviewSession, answers: Sequence[Answer]) -> UndoneAnswers:
    """Undo answers of one session, the last one first; after a kill, the same call continues.

    Raise UndoStopped at a stop signal: then no answer counts as undone.
    """
    files, refused_by_number = _undo_files(session, answers)
    for queue in QUEUES:
        never = [it for it in answers if it.action == "never" and it.queue == queue]
        refused_by_number |= _review_again(session, queue, never)
    for answer in reversed(answers):
        if refused := _restore_matches(session, answer):
            refused_by_number[answer.number] = refused
    undone = tuple(answer for answer in answers if answer.number not in refused_by_number)
    for answer in undone:
        mark = Answer(session=answer.session, number=answer.number, action="undo")
        session.log.append(mark)
    reasons = {name: why for part in refused_by_number.values() for name, why in part.items()}
    return UndoneAnswers(undone, files, reasons)


def _review_again(
    session: ReviewSession, queue: str, never: Sequence[Answer]
) -> dict[int, dict[str, str]]:
    """Remove answers from the ignored issues; return what is refused by their numbers."""
    if not never:
        return {}
    try:
        keys = (key for answer in never for key in answer.items)
        with review_session.claim_items_and_reread(session, queue, keys):
            ignored_issues.update(session.home, {}, (id_ for it in never for id_ in it.ids))
    except UsageError as error:  # such as an artist that a batch is processing
        if len(never) == 1:
            return {never[0].number: dict.fromkeys(never[0].items, str(error))}
        parts = (_review_again(session, queue, [answer]) for answer in never)
        return {number: refused for part in parts for number, refused in part.items()}
    return {}


def _restore_matches(session: ReviewSession, answer: Answer) -> dict[str, str]:
    """Restore the movies before a choice; return why others are not restored."""
    if not answer.before:
        return {}
    try:
        changed = manual_match.restore_matches(
            session.home, answer.before, answer.value, CollectingConsole(agrees=True)
        )
    except UsageError as error:
        return dict.fromkeys(answer.before, str(error))
    return {key: f"{key} not restored: its movie was chosen again since." for key in changed}


def _undo_files(
    session: ReviewSession, answers: Sequence[Answer]
) -> tuple[tuple[str, ...], dict[int, dict[str, str]]]:
    """Restore the files that answers have changed; return what is refused by their numbers."""
    editing = [
        answer
        for answer in answers
        if answer.action in _FILE_ACTIONS and answer.queue != MOVIES.name
    ]
    if not editing:
        return (), {}
    home, rules = session.home, ReplaceRules(session.policy.hardlinks, session.policy.keep_mtime)
    with contextlib.closing(UndoStore(home / "status" / "undo")) as store:
        made, query = _find_records(store, editing), RecordQuery(session=editing[0].session)
        wanted = set[str]().union(*made)
        steps = [it for it in apply_undo.plan_undo(store, query) if it.record.id in wanted]
        options = UndoOptions(home, rules, dry_run=False, force=False, as_json=False)
        run = UndoRun(options, CollectingConsole(agrees=True))
        run.run(steps, store)
    if run.stopped:
        raise UndoStopped
    refused_by_number: dict[int, dict[str, str]] = {}
    restored = {change.id for change in run.restored}
    command = command_text.format_command(
        "undo_changes.py", home, f"--session {query.session} --force"
    )
    for answer, own in zip(editing, made, strict=True):
        refused = {
            step.record.path: run.refused[step.record.path].replace("--force", command)
            for step in steps
            if step.record.id in own - restored and step.record.path in run.refused
        }
        refused_by_number |= {answer.number: refused} if refused else {}
    return tuple(dict.fromkeys(change.path for change in run.restored)), refused_by_number


def _find_records(store: UndoStore, answers: Sequence[Answer]) -> list[set[str]]:
    """Return the ids of the undo records that each answer of one session has made."""
    found, left = [set[str]() for _ in answers], len(answers)
    for entry in store.iter_newest():
        while left and entry.record.id == answers[left - 1].since:
            left -= 1
        if not left:
            break
        if entry.record.session == answers[0].session:
            found[left - 1].add(entry.record.id)
    return found
