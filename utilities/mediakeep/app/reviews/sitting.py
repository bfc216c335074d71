"""A sitting: which question is next, what is shown of it, and what answers have done so far.

    with review_session.open_session(home, policy, resume=True) as session:
        sitting = Sitting(session, SittingFilter("music"))
        while question := sitting.find_next():
            if sitting.prepare(question):
                sitting.decide(ReviewDecision(question.group.ids, "accept"))

Each question is claimed, so that no other sitting asks it. One that is outdated is read again, and
comes back if it is still open.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from mediakeep.app.lookups import home_access
from mediakeep.app.reviews import answer_log, preview_answers, review_session, undo_answers
from mediakeep.app.reviews import questions as question_list
from mediakeep.app.reviews.preview_answers import AnswerPreview, Candidate, CoverChoice
from mediakeep.app.reviews.questions import QuestionGroup, QuestionOrder, ReviewQuestion
from mediakeep.app.reviews.review_session import DecisionResult, ReviewDecision, ReviewSession
from mediakeep.app.reviews.undo_answers import UndoneAnswers
from mediakeep.errors import ItemFailed, MediakeepError, UsageError
from mediakeep.movies.item import MOVIES
from mediakeep.runner import signals
from mediakeep.size_text import format_count

_MAX_REFUSALS = 2  # of a question, which is left for the next sitting then
_INSIST = " Add --yes"  # in messages about safeguards


@dataclass(frozen=True)
class SittingFilter:
    """Which questions are asked, and in which order."""

    queue: str = ""
    kind: str = ""
    artist: str = ""
    order: QuestionOrder = "damage"

    def read_questions(self, home: Path, warnings: list[str] | None = None) -> list[ReviewQuestion]:
        """Return the open questions that are asked; `warnings` gets errors of single records."""
        return question_list.read_questions(
            home, self.queue, kind=self.kind, artist=self.artist, warnings=warnings
        )


@dataclass
class ShownQuestion:
    """What is shown of a question: the preview of accepting it, and what can be chosen."""

    group: QuestionGroup
    alike: list[ReviewQuestion]
    progress: str
    has_answers: bool = False  # that can be undone
    preview: AnswerPreview = field(default_factory=AnswerPreview)
    candidates: list[Candidate] = field(default_factory=list)
    previewed: str = ""  # the movie whose files are shown
    covers: list[CoverChoice] = field(default_factory=list)

    def get_choice(self, number: int) -> str:
        """Return what a number chooses, or "" if nothing has it."""
        values = [cover.name for cover in self.covers]
        values += [candidate.value for candidate in self.candidates]
        return values[number - 1] if 0 < number <= len(values) else ""


@dataclass
class Sitting:
    """The questions that a user is asked, and the answers.

    `notify` gets what the user must know before the next question.
    """

    session: ReviewSession
    chosen: SittingFilter
    notify: Callable[[str], object] = lambda _: None
    refusals: Counter[str] = field(default_factory=Counter)
    # Issues of items that no batch has completed stay in the review list.
    decided: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def find_next(self) -> ShownQuestion | None:
        """Return the next group that no other sitting has claimed, and claim its item."""
        found = self.chosen.read_questions(self.session.home, self.warnings)
        answers = self.session.log.read_session(self.session.id)
        answered = sum(len(answer.ids) for answer in answers)
        postponed = answer_log.collect_ids(answers, "later")
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
                alike = question_list.select_alike(group, left)
                return ShownQuestion(group, alike, progress, bool(answers))
        if groups:
            self.notify(
                f"{format_count(len(left), 'question')} left to another sitting, which asks them."
            )
        return None

    def prepare(self, shown: ShownQuestion) -> bool:
        """Read what is shown of a question; return False if it is not asked now."""
        group, first = shown.group, shown.group.first
        try:
            self._read_details(shown)
        except (ItemFailed, UsageError) as error:  # such as a damaged record
            self.refusals.update(dict.fromkeys(group.ids, _MAX_REFUSALS))
            self.warnings.append(str(error))
            return False
        if not first.proposal or shown.preview.changes_all_cleanly:
            return True
        if not self.refusals[first.id]:
            self.refresh(group.questions)
            return False
        if not shown.preview.files and not shown.preview.refused:  # settled already
            self.decided.update(group.ids)
            return False
        return True

    def _read_details(self, shown: ShownQuestion) -> None:
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

    def _preview_first_movie(self, shown: ShownQuestion) -> None:
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

    def refresh(self, asked: Sequence[ReviewQuestion]) -> None:
        """Read an item again whose questions are outdated; if that fails, they are left out."""
        ids = [question.id for question in asked]
        self.refusals.update(ids)
        with signals.finish_before_stop():
            try:
                review_session.refresh(self.session, asked)
            except UsageError as error:
                self.refusals.update(ids)
                self.notify(str(error))

    def claim_alike(self, alike: Sequence[ReviewQuestion]) -> list[ReviewQuestion]:
        """Return the questions that no other sitting asks, and claim their items."""
        claims = self.session.claims
        own = [it for it in alike if not claims.take(review_session.get_claim_name(it))]
        if count := len(alike) - len(own):
            self.notify(f"{format_count(count, 'question')} left to another sitting.")
        return own

    def preview(
        self, asked: Sequence[ReviewQuestion], decision: ReviewDecision
    ) -> tuple[AnswerPreview, bool]:
        """Return what an answer changes, and whether the user can insist on what is refused."""
        access = None
        try:
            if decision.action == "choose" and asked[0].queue == MOVIES.name:
                access = home_access.read_access(self.session.home, MOVIES.name)
            shown = preview_answers.preview(self.session, asked, decision, access)
        except UsageError as error:
            shown = AnswerPreview(refused={decision.ids[0]: str(error)})
        needs_insisting = any(_INSIST in reason for reason in shown.refused.values())
        reasons = {id_: reason.partition(_INSIST)[0] for id_, reason in shown.refused.items()}
        return structs.replace(shown, refused=reasons), needs_insisting

    def decide(self, decision: ReviewDecision) -> DecisionResult:
        """Carry out an answer."""
        result = review_session.decide(self.session, decision)
        self.refusals.update(result.refused)
        if decision.action != "later":
            self.decided.update(result.decided)
        return result

    def undo_last(self) -> UndoneAnswers:
        """Undo the last answer."""
        undone = undo_answers.undo_last(self.session)
        self.decided -= answer_log.collect_ids(undone.answers)
        return undone

    def search(self, shown: ShownQuestion, title: str) -> bool:
        """Search for what can be chosen by a title or name; return whether anything was found."""
        first = shown.group.first
        access = home_access.read_access(self.session.home, first.queue)
        found = preview_answers.search_candidates(self.session, first, title, access)
        shown.candidates = found or shown.candidates
        return bool(found)

    def count_left(self) -> int:
        """Return the number of questions that are still open."""
        found = self.chosen.read_questions(self.session.home)
        return sum(question.id not in self.decided for question in found)
