"""A sitting: questions one at a time, and the keys that answer them."""

from __future__ import annotations

import contextlib
import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mediakeep import config, path_text
from mediakeep.app.lookups import home_access
from mediakeep.app.reviews import preview_answers, review_session, undo_answers
from mediakeep.app.reviews import questions as question_list
from mediakeep.app.reviews.preview_answers import AnswerPreview, Candidate, CoverChoice
from mediakeep.app.reviews.questions import QuestionGroup, QuestionOrder, ReviewQuestion
from mediakeep.app.reviews.review_session import ReviewDecision, ReviewSession
from mediakeep.app.reviews.undo_answers import UndoneAnswers
from mediakeep.commands import app
from mediakeep.commands.display.key_reader import KeyReader
from mediakeep.commands.display.open_path import open_path
from mediakeep.commands.display.question_view import QuestionView
from mediakeep.errors import (
    ItemFailed,
    LookupSkipped,
    MediakeepError,
    ServiceFailed,
    Stopped,
    UsageError,
)
from mediakeep.movies.item import MOVIES
from mediakeep.runner.signals import StopHandler
from mediakeep.size_text import format_count

_MAX_REFUSALS = 2  # of a question, which is left for the next sitting then
_INSIST = " Add --yes"  # in messages about safeguards
_DONE_WORDS = {
    "accept": "accepted",
    "choose": "chosen",
    "edit": "edited",
    "later": "postponed",
    "never": "ignored",
}


_KEYS_WITH_TEXT = "es"
_KEY_MEANINGS = {  # as docs/review.md says
    "a": "Accept the proposal.",
    "A": "Accept all proposals of this kind; all changes are shown before, and y confirms.",
    "1": "Choose the release, artist, movie or picture with this number.",
    "e": "Enter a value, the MBID of a release or artist, or the path of a picture.",
    "s": "Search MusicBrainz or TMDb by another title or name.",
    "l": "Later: the question is asked again in the next sitting, after all others.",
    "n": "Never: a batch reports the issue, but neither repairs it nor lists it again.",
    "u": "Undo the last answer of this sitting.",
    "o": "Open the folder, and print its path.",
    "?": "Explain the keys, and print the id of the issue, its report and its command.",
    "q": "Quit.",
}


@dataclass(frozen=True)
class SittingFilter:
    """Which questions are asked, and in which order."""

    queue: str = ""
    kind: str = ""
    artist: str = ""
    order: QuestionOrder = "damage"


class _Quit(Exception):
    """Raised by the key q."""


@dataclass
class _Shown:
    """What is on the screen of a question: the preview of accepting it, and what can be chosen."""

    group: QuestionGroup
    alike: list[ReviewQuestion]
    progress: str
    has_answers: bool = False  # that can be undone
    preview: AnswerPreview = field(default_factory=AnswerPreview)
    candidates: list[Candidate] = field(default_factory=list)
    previewed: str = ""  # the movie whose files are shown
    covers: list[CoverChoice] = field(default_factory=list)


@dataclass
class Sitting:
    """Asks questions until none is left or the user ends it."""

    session: ReviewSession
    chosen: SittingFilter
    view: QuestionView
    keys: KeyReader
    refusals: Counter[str] = field(default_factory=Counter)
    # Issues of items that no batch has completed stay in the review list.
    decided: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def run(self) -> int:
        """Ask, and print at the end what was done; return the exit code."""
        code = 0
        try:
            while (shown := self._find_next()) is not None:
                self._ask(shown)
        except (_Quit, EOFError):
            pass
        except (KeyboardInterrupt, Stopped):
            code = Stopped.exit_code
        except MediakeepError:  # such as damaged state
            if self.session.log.read_session(self.session.id):
                self._print_end()
            raise
        try:
            self._print_end()
        except OSError as error:  # the terminal was closed
            if error.errno != errno.EIO:
                raise
        return code

    @staticmethod
    def print_questions(home: Path, chosen: SittingFilter, view: QuestionView) -> int:
        """Print the groups of questions in their order, and return the exit code."""
        warnings: list[str] = []
        found = _read(home, chosen, warnings)
        groups = question_list.group_questions(found, chosen.order)
        for number, group in enumerate(groups, 1):
            view.print_group(group, f"{number} of {len(groups)}")
            if group.first.proposal:
                view.print_line(f"Proposed: {group.first.proposal}")
        for warning in warnings:
            view.print_line(warning)
        count = format_count(len(groups), "group")
        view.print_line(f"{format_count(len(found), 'question')} in {count}.")
        return 0

    def _find_next(self) -> _Shown | None:
        """Return the next group that no other sitting has claimed, and claim its item."""
        found = _read(self.session.home, self.chosen, self.warnings)
        answers = self.session.log.read_session(self.session.id)
        answered = sum(len(answer.ids) for answer in answers)
        postponed = {id_ for answer in answers for id_ in answer.ids if answer.action == "later"}
        left = [
            question
            for question in found
            if question.id not in postponed | self.decided
            and self.refusals[question.id] < _MAX_REFUSALS
        ]
        groups = question_list.group_questions(left, self.chosen.order)
        for group in groups:
            if self.session.claim(group.questions):
                progress = f"{answered + 1:,} of {answered + len(left):,}"
                return _Shown(group, _select_alike(group, left), progress, bool(answers))
        if groups:
            self.view.print_line(
                f"{format_count(len(left), 'question')} left to another sitting, which asks them."
            )
        return None

    def _ask(self, shown: _Shown) -> None:
        """Show a question, and act on keys until it is answered."""
        group, first = shown.group, shown.group.first
        try:
            self._read_details(shown)
        except (ItemFailed, UsageError) as error:  # such as a damaged record
            self.refusals.update(dict.fromkeys(group.ids, _MAX_REFUSALS))
            self.warnings.append(str(error))
            return
        if first.proposal and not shown.preview.changes_all_cleanly:
            if not self.refusals[first.id]:
                self._refresh(group)
                return
            if not shown.preview.files and not shown.preview.refused:  # settled already
                self.decided.update(group.ids)
                return
        self.view.print_group(group, shown.progress)
        if not shown.previewed:
            self.view.print_preview(shown.preview)
        self.view.print_candidates(shown.candidates)
        self.view.print_covers(shown.covers, first.place)
        if shown.previewed:
            self.view.print_line("If 1 is chosen:")
            self.view.print_preview(shown.preview)
        while not self._act(shown, self._read_key(shown)):
            pass

    def _read_details(self, shown: _Shown) -> None:
        """Read what a question shows besides its entry in the review list."""
        first = shown.group.first
        if first.proposal:
            decision = ReviewDecision(shown.group.ids, "accept")
            asked = shown.group.questions
            shown.preview = preview_answers.preview(self.session, asked, decision)
        if first.is_choice:
            shown.candidates = preview_answers.read_candidates(self.session, first)
            self._preview_first_movie(shown)
        elif first.field == "cover":
            shown.covers = preview_answers.list_covers(first)

    def _preview_first_movie(self, shown: _Shown) -> None:
        """Preview the files of the movie that is most likely, if its data is in the cache."""
        first = shown.group.first
        if first.queue != MOVIES.name or not shown.candidates:
            return
        value = shown.candidates[0].value
        decision = ReviewDecision(shown.group.ids[:1], "choose", value)
        with contextlib.suppress(MediakeepError):  # such as a wrong setting, named by a choice
            access = home_access.read_access(self.session.home, first.queue, offline=True)
            found = preview_answers.preview(self.session, [first], decision, access)
            if found.sidecars:
                shown.preview, shown.previewed = found, value

    def _refresh(self, group: QuestionGroup) -> None:
        """Read an item again whose questions are outdated; if that fails, they are left out."""
        self.refusals.update(group.ids)
        try:
            with StopHandler() as stop:
                review_session.refresh(self.session, group.questions)
        except UsageError as error:
            self.refusals.update(group.ids)
            self.view.print_line(str(error), "yellow")
        if stop.requested:
            raise Stopped

    def _read_key(self, shown: _Shown) -> str:
        self.view.print_keys(_list_keys(shown))
        return self.keys.read_key("?" if self.keys.has_keys else "Answer", _KEYS_WITH_TEXT)

    def _act(self, shown: _Shown, key: str) -> bool:
        """Act on a key; return whether the next question follows."""
        allowed = dict(_list_keys(shown))
        group, first = shown.group, shown.group.first
        try:
            if key.isdecimal() and (value := _numbered(shown, int(key))):
                if shown.covers:
                    decision = ReviewDecision(group.ids, "edit", value)
                    return self._decide_shown(group.questions, decision)
                decision = ReviewDecision(group.ids[:1], "choose", value)
                if value == shown.previewed:
                    return self._decide(decision)
                return self._decide_shown(group.questions[:1], decision)
            if key not in allowed:
                text = "No such key here." if key else "Not understood: type one of the keys."
                self.view.print_line(text)
                return False
            match key:
                case "a":
                    digest = shown.preview.digest
                    return self._decide(ReviewDecision(group.ids, "accept", expected=digest))
                case "A":
                    return self._accept_alike(shown.alike)
                case "e":
                    return self._edit(shown)
                case "l":
                    return self._decide(ReviewDecision(group.ids, "later"))
                case "n":
                    return self._decide(ReviewDecision(group.ids, "never"))
                case "u":
                    return self._undo()
                case "o":
                    place = first.place if first.place.is_dir() else first.place.parent
                    self.view.print_line(str(place))
                    open_path(place)
                case "s":
                    self._search(shown)
                case "q":
                    raise _Quit
                case _:
                    self._print_help(shown)
        except (ItemFailed, LookupSkipped, ServiceFailed, UsageError) as error:
            self.view.print_line(str(error), "yellow")
        return False

    def _edit(self, shown: _Shown) -> bool:
        first = shown.group.first
        what = "the picture's path" if first.field == "cover" else first.field
        if not (value := self.keys.read_text(f"{what}, empty to cancel")):
            return False
        if first.field == "cover":
            value = path_text.escape_path(value)
        elif value != value.encode(errors="replace").decode():
            self.view.print_line("The value is not valid text. Enter it as UTF-8.", "yellow")
            return False
        ids = shown.group.edit_ids
        asked = [question for question in shown.group.questions if question.id in ids]
        return self._decide_shown(asked, ReviewDecision(ids, "edit", value))

    def _accept_alike(self, alike: Sequence[ReviewQuestion]) -> bool:
        """Accept proposals of several items, except those that another sitting asks about."""
        claims = self.session.claims
        own = [it for it in alike if not claims.take(review_session.get_claim_name(it))]
        if count := len(alike) - len(own):
            self.view.print_line(f"{format_count(count, 'question')} left to another sitting.")
        ids = tuple(question.id for question in own)
        return self._decide_shown(own, ReviewDecision(ids, "accept"), confirm=True)

    def _decide_shown(
        self, asked: Sequence[ReviewQuestion], decision: ReviewDecision, *, confirm: bool = False
    ) -> bool:
        """Show what an answer changes, ask again if that is doubtful, and carry it out."""
        access = None
        try:
            if decision.action == "choose" and asked[0].queue == MOVIES.name:
                access = home_access.read_access(self.session.home, MOVIES.name)
            shown = preview_answers.preview(self.session, asked, decision, access)
        except UsageError as error:
            shown = AnswerPreview(refused={decision.ids[0]: str(error)})
        needs_insisting = any(_INSIST in reason for reason in shown.refused.values())
        reasons = {id_: reason.partition(_INSIST)[0] for id_, reason in shown.refused.items()}
        self.view.print_preview(msgspec.structs.replace(shown, refused=reasons), asked)
        if needs_insisting and not decision.insist:
            if not self.keys.confirm("Do it anyway?"):
                return False
            insisted = ReviewDecision(decision.ids, decision.action, decision.value, insist=True)
            return self._decide_shown(asked, insisted)
        if shown.refused and not shown.files:
            return False
        if decision.action == "edit" and not shown.files:
            self.view.print_line("Nothing to change: the files have this value already.")
            self._refresh(QuestionGroup(tuple(asked)))
            return True
        is_doubtful = bool(shown.files and shown.notes) and not decision.insist
        count = sum(len(plan.changes) for plan in shown.files)
        question = f"{format_count(count, 'change')} in {format_count(len(shown.files), 'file')}?"
        if shown.sidecars:
            question, confirm = "Choose this movie?", True
        if (confirm or is_doubtful) and not self.keys.confirm(question):
            return False
        return self._decide(
            ReviewDecision(
                decision.ids, decision.action, decision.value, decision.insist, shown.digest
            )
        )

    def _decide(self, decision: ReviewDecision) -> bool:
        """Carry out an answer; the first stop signal ends the sitting after it."""
        with StopHandler() as stop:
            result = review_session.decide(self.session, decision)
        self.refusals.update(result.refused)
        for text in dict.fromkeys((*result.notes, *result.refused.values())):
            self.view.print_line(text, "yellow")
        if decision.action != "later":
            self.decided.update(result.decided)
        if result.decided:
            words = _DONE_WORDS[decision.action]
            files = f", {format_count(len(result.files), 'file')} changed" if result.files else ""
            self.view.print_result(f"{len(result.decided):,} {words}{files}.", "green")
        if stop.requested:
            raise Stopped
        return True

    def _undo(self) -> bool:
        """Undo the last answer; the first stop signal ends the sitting after it."""
        with StopHandler() as stop:
            undone = undo_answers.undo_last(self.session)
        self.decided -= {id_ for answer in undone.answers for id_ in answer.ids}
        for line in format_undone(undone):
            self.view.print_line(line)
        if stop.requested:
            raise Stopped
        return True

    def _search(self, shown: _Shown) -> None:
        first = shown.group.first
        what = "name" if first.queue == "music" and not first.album else "title"
        if not (title := self.keys.read_text(f"Search by {what}, empty to cancel")):
            return
        access = home_access.read_access(self.session.home, first.queue)
        found = preview_answers.search_candidates(self.session, first, title, access)
        if not found:
            self.view.print_line("Nothing found.")
        shown.candidates = found or shown.candidates
        self.view.print_candidates(shown.candidates)

    def _print_help(self, shown: _Shown) -> None:
        for key, _ in _list_keys(shown):
            self.view.print_line(f"  {key:<4} {_KEY_MEANINGS[key[0]]}")
        first = shown.group.first
        for label, text in (
            ("issue", first.id),
            ("report", str(self.session.home / first.report)),
            ("command", first.command),
        ):
            if text:
                self.view.print_command(f"  {label}:", text)

    def _print_end(self) -> None:
        """Print what was done, what is left, and how to undo the sitting."""
        home, session = self.session.home, self.session.id
        answers = self.session.log.read_session(session)
        done = Counter[str]()
        for answer in answers:
            done[answer.action] += len(answer.ids)
        parts = [f"{done[action]:,} {word}" for action, word in _DONE_WORDS.items() if done[action]]
        self.view.print_result("")
        self.view.print_result(f"Done: {', '.join(parts) or 'nothing'}.")
        left = sum(it.id not in self.decided for it in _read(home, self.chosen))
        self.view.print_result(f"Left: {format_count(left, 'question')}.")
        for warning in dict.fromkeys(self.warnings):
            self.view.print_line(warning, "yellow")
        if app.is_quiet():
            return
        if any(answer.before for answer in answers):
            command = config.format_command("process_movies.py", home, "--all")
            self.view.print_command("Write the files of chosen movies with:", command)
        if answers:
            command = config.format_command("review.py", home, f"--undo {session}")
            self.view.print_command("Undo this sitting with:", command)


def _read(
    home: Path, chosen: SittingFilter, warnings: list[str] | None = None
) -> list[ReviewQuestion]:
    return question_list.read_questions(
        home, chosen.queue, kind=chosen.kind, artist=chosen.artist, warnings=warnings
    )


def _select_alike(group: QuestionGroup, left: Sequence[ReviewQuestion]) -> list[ReviewQuestion]:
    """Return more questions that one key accepts: of the artist, or else of all; [] if none."""
    if not group.first.proposal:
        return []
    alike = question_list.find_alike(group, left)
    own = [question for question in alike if question.item == group.first.item]
    chosen = own if len(own) > len(group.questions) else alike
    return chosen if len(chosen) > len(group.questions) else []


def _numbered(shown: _Shown, number: int) -> str:
    """Return what a number chooses, or "" if nothing has it."""
    values = [cover.name for cover in shown.covers]
    values += [candidate.value for candidate in shown.candidates]
    return values[number - 1] if 0 < number <= len(values) else ""


def _list_keys(shown: _Shown) -> Iterator[tuple[str, str]]:
    """Yield the keys of a question with their meanings."""
    first, count = shown.group.first, len(shown.covers) or len(shown.candidates)
    if first.proposal:
        yield "a", "accept"
    if shown.alike:
        artists = {question.item for question in shown.alike}
        where = format_count(len(artists), "artist") if len(artists) > 1 else "this artist"
        yield "A", f"accept all {len(shown.alike):,} of {where}"
    if count:
        yield ("1" if count == 1 else f"1-{min(count, 9)}"), "choose"
    if first.field:
        yield "e", "edit"
    if first.is_choice:
        yield "s", "search"
    yield from (("l", "later"), ("n", "never"))
    if shown.has_answers:
        yield "u", "undo"
    yield from (("o", "open"), ("?", "help"), ("q", "quit"))


def format_undone(undone: UndoneAnswers) -> Iterator[str]:
    """Yield lines on undone answers."""
    yield from undone.refused.values()
    files = f", {format_count(len(undone.files), 'file')} restored" if undone.files else ""
    yield f"{format_count(len(undone.answers), 'answer')} undone{files}."
