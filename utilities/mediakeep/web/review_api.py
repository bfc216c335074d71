"""Reviews: list and show them, preview and carry out answers, undo them.

Each answer is a session of its own in the log of answers, so that an undo names it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from starlette.responses import Response

from mediakeep import path_text
from mediakeep.app import paging, write_policy
from mediakeep.app.reviews import (
    preview_answers,
    review_session,
    undo_answers,
)
from mediakeep.app.reviews import (
    questions as question_list,
)
from mediakeep.app.reviews.answer_log import Action, Answer, AnswerLog
from mediakeep.app.reviews.preview_answers import AnswerPreview, Candidate, CoverChoice
from mediakeep.app.reviews.questions import QUEUES, QuestionGroup, QuestionOrder, ReviewQuestion
from mediakeep.app.reviews.review_cache import ReviewGroup, ReviewIndex, ReviewPage, SelectedGroups
from mediakeep.app.reviews.review_session import DecisionResult, ReviewDecision, ReviewSession
from mediakeep.app.reviews.undo_answers import UndoneAnswers
from mediakeep.errors import NoQueue
from mediakeep.movies.item import MOVIES
from mediakeep.music.item import MUSIC
from mediakeep.web import item_api, roots
from mediakeep.web.access import Scope
from mediakeep.web.item_api import MAX_KEYS
from mediakeep.web.operations import Call, Operation
from mediakeep.web.problems import WebError
from mediakeep.web.web_home import WebHome

T = TypeVar("T")


class ReviewQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which groups of reviews are listed; `after` is the first id of the group before them."""

    queue: str = ""
    kind: str = ""
    q: str = ""  # a part of the name of the item
    order: QuestionOrder = "damage"
    after: str = ""
    limit: Annotated[int, Meta(ge=1, le=paging.MAX_LIMIT)] = 50


class ReviewDetails(msgspec.Struct, frozen=True):
    """A group, what can be chosen for it, and the pictures of its folder."""

    group: ReviewGroup
    candidates: list[Candidate]
    covers: list[CoverChoice]


class CandidateQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which title or name a service is searched; a movie's title may have its year: (1996)."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]


class ReviewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to reviews; with `alike`, also to all of the kind with a proposal.

    `value` is the id of a choice, the value of an edit, or the name of a picture. If the changes
    would be others than those with the digest `expected`, nothing is written.
    """

    ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_KEYS)]
    action: Action
    value: str = ""
    insist: bool = False
    expected: str = ""
    alike: bool = False


class AnsweredReviews(msgspec.Struct, frozen=True):
    """What an answer did, and its session, which an undo names."""

    session: str
    result: DecisionResult


class UndoneSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The session of the answers to undo; "last" is the last one."""

    session: str


def _read_index(web: WebHome) -> ReviewIndex:
    """Return all pending reviews."""
    with contextlib.ExitStack() as stack:
        states = {}
        for queue in map(web.get_queue, QUEUES):
            if queue.folder.exists():
                with contextlib.suppress(NoQueue):
                    states[queue.kind.name] = stack.enter_context(queue.open())
        return web.reviews.read(web.home, states)


def list_reviews(web: WebHome, call: Call) -> ReviewPage:
    """Return a page of the pending reviews in groups, those that settle most first."""
    index, groups = select_groups(web, call.query)
    return index.list_page(groups, call.query.after, call.query.limit)


def select_groups(web: WebHome, query: ReviewQuery) -> tuple[ReviewIndex, SelectedGroups]:
    """Return all pending reviews, and the groups that fit."""
    index = _read_index(web)
    return index, index.select(queue=query.queue, kind=query.kind, name=query.q, order=query.order)


def _find_group(web: WebHome, id_: str) -> tuple[QuestionGroup, ReviewIndex]:
    index = _read_index(web)
    if group := index.find_group(id_):
        return group, index
    raise WebError(HTTPStatus.NOT_FOUND, f"{id_} is not pending.{_describe_answer(web, id_)}")


def _describe_answer(web: WebHome, id_: str) -> str:
    """Return a sentence on the last answer to a review, "" if there is none."""
    for answer in reversed(AnswerLog(web.home).read_answers()):
        if id_ in answer.ids:
            return f' It was answered with "{answer.action}" at {answer.time}, {answer.session}.'
    return ""


def show_review(web: WebHome, call: Call) -> ReviewDetails:
    """Return the group of a review with all that can be chosen."""
    group, index = _find_group(web, call.params["id"])
    return describe_review(web, index, group)


def describe_review(web: WebHome, index: ReviewIndex, group: QuestionGroup) -> ReviewDetails:
    """Return a group of reviews with all that can be chosen."""

    def read() -> tuple[list[Candidate], list[CoverChoice]]:
        with _preview_session(web) as session:
            candidates = preview_answers.read_choices(session, group.first)
        covers = preview_answers.list_covers(group.first) if group.first.field == "cover" else []
        return candidates, covers

    found = _find_out(web, index, group.ids, group.questions, read)
    return ReviewDetails(index.describe(group), *found)


def _find_out(
    web: WebHome,
    index: ReviewIndex,
    key: Hashable,
    asked: Sequence[ReviewQuestion],
    read: Callable[[], T],
) -> T:
    """Return what a function finds out about the item of reviews, or what it found before."""
    first = asked[0]
    with web.get_queue(first.queue).open() as state:
        item = state.items.get(first.item)
    entries = item, index.list_questions(first.queue, first.item)
    return web.reviews.find_out(web.home, key, asked, entries, read)


def search_candidates(web: WebHome, call: Call) -> list[Candidate]:
    """Return what MusicBrainz or TMDb finds for a review by another title."""
    group, _ = _find_group(web, call.params["id"])
    return search_title(web, group, call.query.title)


def search_title(web: WebHome, group: QuestionGroup, title: str) -> list[Candidate]:
    """Return what a service finds for a review by a title; raise WebError if there is no choice."""
    first = group.first
    if not first.is_choice:
        text = f"Nothing can be chosen for {first.kind}."
        raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
    access = web.read_access(web.home, first.queue)
    with review_session.open_session(web.home) as session:
        return preview_answers.search_candidates(session, first, title, access)


def preview_answer(web: WebHome, call: Call) -> AnswerPreview:
    """Return what an answer would write."""
    return preview_changes(web, _read_index(web), call.body)


def preview_changes(web: WebHome, index: ReviewIndex, answer: ReviewAnswer) -> AnswerPreview:
    """Return what an answer would write; raise WebError if a review is not pending."""
    asked = _select(web, index, answer)
    decision = _build_decision(asked, answer)

    def read() -> AnswerPreview:
        is_movie = decision.action == "choose" and asked[0].queue == MOVIES.name
        access = web.read_access(web.home, MOVIES.name) if is_movie else None
        with _preview_session(web) as session:
            return preview_answers.preview(session, asked, decision, access)

    return _find_out(web, index, decision, asked, read)


@contextlib.contextmanager
def _preview_session(web: WebHome) -> Iterator[ReviewSession]:
    """Open a session that writes nothing, and reads the queue from memory."""
    with review_session.open_session(web.home, write_policy.read_policy(web.home)) as session:
        with contextlib.suppress(NoQueue):
            session.music = web.get_queue(MUSIC.name).copy_state()
        yield session


def _select(web: WebHome, index: ReviewIndex, answer: ReviewAnswer) -> list[ReviewQuestion]:
    """Return the reviews that an answer is about; raise WebError if one is not pending.

    So it does if its picture is outside of the places that requests may name.
    """
    known = index.by_id
    for id_ in answer.ids:
        if id_ not in known:
            text = f"{id_} is not pending.{_describe_answer(web, id_)}"
            raise WebError(HTTPStatus.CONFLICT, text)
    asked = [known[id_] for id_ in dict.fromkeys(answer.ids)]
    if answer.value and any(question.field == "cover" for question in asked):
        roots.check_served_file(web, answer.value, [path_text.to_path(asked[0].folder)])
    if answer.alike:
        alike = question_list.find_alike(QuestionGroup(tuple(asked)), index.questions)
        asked = list({question.id: question for question in (*asked, *alike)}.values())
    return asked


def _build_decision(asked: Sequence[ReviewQuestion], answer: ReviewAnswer) -> ReviewDecision:
    ids = tuple(question.id for question in asked)
    return ReviewDecision(ids, answer.action, answer.value, answer.insist, answer.expected)


def decide_reviews(web: WebHome, call: Call) -> AnsweredReviews:
    """Carry out an answer; raise WebError if it settles nothing."""
    asked = _select(web, _read_index(web), call.body)
    policy = write_policy.read_policy(web.home)
    try:
        with review_session.open_session(web.home, policy) as session:
            result = review_session.decide(session, _build_decision(asked, call.body))
            name = session.id
    finally:
        web.reviews.forget(asked)  # a refused preview is not shown again
    if not result.decided and result.refused and not result.files:
        why = " ".join(dict.fromkeys(result.refused.values()))
        answered = _describe_answer(web, next(iter(result.refused)))
        raise WebError(HTTPStatus.CONFLICT, f"Nothing decided: {why}{answered}")
    return AnsweredReviews(name, result)


def undo_session(web: WebHome, call: Call) -> UndoneAnswers:
    """Undo the answers of a session: files are as before, and the reviews are pending again."""
    with review_session.open_session(web.home, write_policy.read_policy(web.home)) as session:
        return undo_answers.undo_session(session, call.body.session)


def list_answers(web: WebHome, _call: Call) -> list[Answer]:
    """Return the answers that were not undone, newest first."""
    return AnswerLog(web.home).read_answers()[:-_MAX_ANSWERS:-1]


def send_review_picture(web: WebHome, call: Call) -> Response:
    """Send a picture of the folder that a review is about."""
    group, _ = _find_group(web, call.params["id"])
    place = group.first.place / path_text.to_path(call.params["name"])
    path = roots.check_served_file(
        web, path_text.escape_path(place), [path_text.to_path(group.first.folder)]
    )
    return item_api.build_picture(path)


_MAX_ANSWERS = 500
OPERATIONS = (
    Operation(
        "GET", "/reviews", "List pending reviews in groups", list_reviews, query=ReviewQuery,
        result=ReviewPage,
    ),
    Operation(
        "POST", "/reviews/preview", "Preview an answer", preview_answer, Scope.DECIDE,
        body=ReviewAnswer, result=AnswerPreview,
    ),
    Operation(
        "POST", "/reviews/decide", "Answer reviews", decide_reviews, Scope.DECIDE,
        body=ReviewAnswer, result=AnsweredReviews,
    ),
    Operation(
        "POST", "/reviews/undo", "Undo answers", undo_session, Scope.DECIDE, body=UndoneSession,
        result=UndoneAnswers,
    ),
    Operation("GET", "/reviews/answers", "List answers", list_answers, result=list[Answer]),
    Operation("GET", "/reviews/{id}", "Show a review", show_review, result=ReviewDetails),
    Operation(
        "GET", "/reviews/{id}/candidates", "Search by another title", search_candidates,
        Scope.DECIDE, query=CandidateQuery, result=list[Candidate],
    ),
    Operation(
        "GET", "/reviews/{id}/covers/{name}", "Show a picture of a review", send_review_picture,
        media="image/jpeg",
    ),
)  # fmt: skip
