"""Answers to pending reviews: what they change, what refuses them, and that they can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep import ignored_issues, path_text
from mediakeep.app.edit.item_checkout import ItemCheckout
from mediakeep.app.reviews import (
    answer_log,
    preview_answers,
    review_session,
    undo_answers,
)
from mediakeep.app.reviews import (
    questions as question_list,
)
from mediakeep.app.reviews.answer_log import Answer, AnswerLog
from mediakeep.app.reviews.questions import QuestionGroup, ReviewQuestion
from mediakeep.app.reviews.review_cache import ReviewCache
from mediakeep.app.reviews.review_session import ReviewDecision, ReviewSession
from mediakeep.errors import MediakeepError, StateDamaged, UsageError
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from mediakeep.queue.queue import Queue
from tests.commands import hands, sittings
from tests.commands.conftest import Home
from tests.commands.hands import state
from tests.commands.sittings import contents
from tests.music import shelf
from tests.sampling import each_row


@pytest.fixture
def home(reviewed: Home) -> Home:
    return reviewed


def groups(home: Home) -> dict[str, QuestionGroup]:
    """Return the groups of questions by kind."""
    found = question_list.group_questions(question_list.read_questions(home.path))
    return {group.first.kind: group for group in found}


def test_an_answer_is_written_marked_and_undone_to_the_byte(home: Home) -> None:
    before, found = state(home.music), groups(home)
    assert next(iter(found)) == "empty-file"  # damage comes first
    with review_session.open_session(home.path) as session:
        group = found["missing-album"]
        shown = preview_answers.preview(
            session, group.questions, ReviewDecision(group.ids, "accept")
        )
        assert [change.new for change in shown.files[0].changes] == [("Dawn",)]
        assert state(home.music) == before  # a preview writes nothing
        decided = review_session.decide(
            session, ReviewDecision(group.ids, "accept", expected=shown.digest)
        )
        assert decided.decided == group.ids
        assert not decided.refused
        review_session.decide(
            session, ReviewDecision(found["missing-title"].edit_ids, "edit", "Fall")
        )
        for action in ("never", "later"):
            kind = {"never": "empty-file", "later": "missing-date"}[action]
            review_session.decide(session, ReviewDecision(found[kind].ids, action))  # type: ignore[arg-type]
        assert hands.read(home.music / "Anna/Dusk/Track 01.flac").title == ("Fall",)
        assert groups(home)["missing-date"].first.postponed
        settled = {"missing-album", "empty-file"}
        assert len(groups(home)["missing-title"].ids) == 1
        assert groups(home).keys() == found.keys() - settled
        undone = undo_answers.undo_last(session)
        assert [answer.action for answer in undone.answers] == ["later"]
        assert not groups(home)["missing-date"].first.postponed
    undone = undo_answers.undo_session(ReviewSession(home.path, "again"), "last")
    assert not undone.refused
    assert contents(home) == {path: digest for path, (digest, _) in before.items()}
    assert groups(home).keys() == found.keys()
    assert not ignored_issues.read(home.path)
    with pytest.raises(UsageError, match="all are undone"):
        undo_answers.undo_session(ReviewSession(home.path, "again"), session.id)


def test_the_last_answer_alone_is_undone(home: Home) -> None:
    before, found = contents(home), groups(home)
    with review_session.open_session(home.path) as session:
        for kind in ("missing-album", "missing-date"):
            review_session.decide(session, ReviewDecision(found[kind].ids, "accept"))
        assert "missing-date" not in groups(home)
        undone = undo_answers.undo_last(session)
        assert undone.files == (path_text.escape_path(found["missing-date"].first.place),)
        assert "missing-album" not in groups(home)
        undo_answers.undo_last(session)
    assert contents(home) == before


def test_a_killed_session_is_continued_and_a_finished_one_is_not(home: Home) -> None:
    killed = ReviewSession(home.path, "20261124_review_abcdef")
    review_session.decide(killed, ReviewDecision(groups(home)["missing-date"].ids, "accept"))
    killed.claims.release()  # as its end does
    with review_session.open_session(home.path) as session:  # such as to answer a web page
        assert session.id != killed.id
        review_session.decide(session, ReviewDecision(groups(home)["whitespace"].ids, "later"))
    with review_session.open_session(home.path, resume=True) as session:
        assert session.id == killed.id
        with review_session.open_session(home.path, resume=True) as other:
            assert other.id != session.id
        assert undo_answers.undo_last(session).files
    with review_session.open_session(home.path, resume=True) as session:
        assert session.id != killed.id


def test_a_batch_respects_what_is_ignored(home: Home) -> None:
    track = home.music / "Anna" / "Noon" / "01 Rise.flac"
    ids = tuple(it.id for it in question_list.read_questions(home.path, kind="whitespace"))
    with review_session.open_session(home.path) as session:
        review_session.decide(session, ReviewDecision(ids, "never"))
    before = state(track.parent)
    for fix in ("safe", "matched"):
        home.ok("--reset-artist", "Anna")
        assert home.call("process_music_batch", "--all", "--fix", fix).returncode == 0
        assert state(track.parent) == before
        assert "whitespace" not in {entry["kind"] for entry in hands.reviews(home)}
    assert "ignored as you decided" in (home.path / "outputs/Anna_audit.json").read_text()
    undo_answers.undo_session(ReviewSession(home.path, "again"), session.id)
    assert "whitespace" in {entry["kind"] for entry in hands.reviews(home)}
    home.ok("--reset-artist", "Anna")
    assert home.call("process_music_batch", "--all", "--fix", "safe").returncode == 0
    assert hands.read(track).title == ("Rise",)


def _change_file(home: Home, question: ReviewQuestion) -> None:
    shelf.put(question.place, artist="Vera", albumartist="Vera", title="Other", tracknumber="1/5")


def _settle(home: Home, question: ReviewQuestion) -> None:
    hands.ok(home, "fix_metadata", "album", question.place, "Dawn")


def _remove(_: Home, question: ReviewQuestion) -> None:
    question.place.unlink()


@each_row(
    "meanwhile, reason",
    [
        (_change_file, "the files differ from those"),
        (_settle, "it was settled meanwhile"),
        (_remove, "the files differ from those"),
    ],
)
def test_what_changed_since_it_was_shown_is_not_written(
    meanwhile: Callable[[Home, ReviewQuestion], None], reason: str, home: Home
) -> None:
    group = groups(home)["missing-album"]
    with review_session.open_session(home.path) as session:
        shown = preview_answers.preview(
            session, group.questions, ReviewDecision(group.ids, "accept")
        )
        meanwhile(home, group.first)
        before = state(home.music)
        decision = ReviewDecision(group.ids, "accept", expected=shown.digest)
        result = review_session.decide(session, decision)
        assert reason in result.refused[group.first.id]
        assert state(home.music) == before
        with pytest.raises(UsageError, match="no answer was given"):
            undo_answers.undo_last(session)
    sittings.restore(home)


def test_two_sittings_never_ask_the_same(home: Home) -> None:
    found = groups(home)
    vera, anna = found["missing-album"], found["missing-title"]
    with (
        review_session.open_session(home.path) as one,
        review_session.open_session(home.path) as two,
    ):
        assert one.claim(vera.questions)
        assert not two.claim(vera.questions)
        assert two.claim(anna.questions)
        refused = review_session.decide(two, ReviewDecision(vera.ids, "accept")).refused
        assert "in another sitting" in refused[vera.first.id]
        assert one.claim(found["missing-date"].questions)  # of the same artist
        one.claims.release()
        assert two.claim(vera.questions)
    assert not [*(home.path / "status" / "review_claims").iterdir()]


def test_what_a_sitting_decides_during_a_read_is_read_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, queue = ReviewCache(), readonly.load_state(home.queue, MUSIC)
    ids, read = groups(home)["missing-date"].ids, question_list.read_questions

    def read_and_decide(*given: Any, **options: Any) -> list[ReviewQuestion]:
        found = read(*given, **options)
        with review_session.open_session(home.path) as session, monkeypatch.context() as patch:
            patch.setattr(question_list, "read_questions", read)
            review_session.decide(session, ReviewDecision(ids, "later"))
        return found

    monkeypatch.setattr(question_list, "read_questions", read_and_decide)
    cache.read(home.path, {MUSIC.name: queue})
    monkeypatch.setattr(question_list, "read_questions", read)
    questions = cache.read(home.path, {MUSIC.name: queue}).questions
    assert {question.id for question in questions if question.postponed} == set(ids)


def test_an_artist_that_a_batch_processes_is_undone_later(home: Home) -> None:
    found = groups(home)
    with review_session.open_session(home.path) as session:
        for kind in ("missing-date", "missing-title"):  # of Vera, and of Anna
            review_session.decide(session, ReviewDecision(found[kind].ids, "never"))
    home.ok("--reset-artist", "Anna")
    with hands.opened(home) as queue:
        queue.begin_session()
        queue.claim_by_key("Anna")
        told = hands.run(home, "review", "--undo", "last")
        assert (told.code, "Anna is being processed by" in told.out) == (1, True)
        assert "1 answer undone." in told.out
        queue.end_session()
    assert set(ignored_issues.read(home.path)) == set(found["missing-title"].ids)
    assert "1 answer undone." in hands.ok(home, "review", "--undo", "last")
    assert not ignored_issues.read(home.path)
    told = hands.run(home, "review", "--undo", "last")
    assert told.err.startswith("Nothing to undo: ")


def test_an_artist_that_a_batch_processes_is_refused(home: Home) -> None:
    before, group = state(home.music), groups(home)["missing-title"]
    queue: Queue
    home.ok("--reset-artist", "Anna")
    with hands.opened(home) as queue:
        queue.begin_session()
        queue.claim_by_key("Anna")
        with review_session.open_session(home.path) as session:
            for decision in (
                ReviewDecision(group.edit_ids, "edit", "Fall"),
                ReviewDecision(group.ids, "never"),
            ):
                refused = review_session.decide(session, decision).refused
                assert "Anna is being processed by" in refused[group.first.id]
        queue.end_session()
    assert state(home.music) == before
    assert not ignored_issues.read(home.path)


def test_an_answer_has_no_effect_if_the_library_is_not_mounted(home: Home) -> None:
    group, away = groups(home)["missing-date"], home.music.with_name("away")
    with review_session.open_session(home.path) as session:
        home.music.rename(away)
        result = review_session.decide(session, ReviewDecision(group.ids, "never"))
        away.rename(home.music)
        assert not result.decided
        assert "Mount it" in result.refused[group.first.id]
    assert not ignored_issues.read(home.path)
    assert not AnswerLog(home.path).read_answers()


def test_what_was_written_before_the_library_vanished_can_be_undone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, group, away = contents(home), groups(home)["missing-date"], home.music.with_name("away")
    rescan = ItemCheckout.rescan_and_settle

    def unmount(checkout: ItemCheckout) -> None:
        home.music.rename(away)
        rescan(checkout)

    with review_session.open_session(home.path) as session:
        with monkeypatch.context() as patch:
            patch.setattr(ItemCheckout, "rescan_and_settle", unmount)
            result = review_session.decide(session, ReviewDecision(group.ids, "edit", "1990"))
        away.rename(home.music)
        assert (result.decided, len(result.files)) == ((), 1)
        assert "Mount it" in result.refused[group.first.id]
        assert contents(home) != before
        assert undo_answers.undo_last(session).answers
    assert contents(home) == before


def test_what_cannot_be_undone_keeps_its_answer_only(home: Home) -> None:
    before, found = contents(home), groups(home)
    changed = found["missing-title"].first.place
    with review_session.open_session(home.path) as session:
        for decision in (
            ReviewDecision(found["missing-date"].ids, "never"),
            ReviewDecision(found["missing-title"].edit_ids, "edit", "Fall"),
            ReviewDecision(found["missing-album"].ids, "accept"),
        ):
            assert review_session.decide(session, decision).decided
    shelf.put(changed, artist="Anna", title="Rain")
    told = hands.run(home, "review", "--undo", "last")
    assert told.code == 1
    assert "2 answers undone, 1 file restored." in told.out
    command = f"--session {session.id} --force"
    assert f"undo_changes.py --home {home.path} {command} to undo it" in told.out
    assert [answer.value for answer in AnswerLog(home.path).read_answers()] == ["Fall"]
    hands.ok(home, "undo_changes", *command.split())
    assert "1 answer undone." in hands.ok(home, "review", "--undo", "last")
    assert contents(home) == before


@each_row(
    "kind, decision, reason",
    [
        ("empty-file", ReviewDecision((), "edit", "x"), "cannot be edited"),
        ("missing-date", ReviewDecision((), "choose", "x"), "Nothing can be chosen"),
        ("missing-date", ReviewDecision((), "edit", "DATE"), "has no year"),
        ("missing-date", ReviewDecision((), "edit", "YEAR"), "placeholder"),
        ("missing-date", ReviewDecision((), "edit", "1990"), ""),
        ("missing-title", ReviewDecision((), "accept"), "nothing is proposed"),
    ],
)
def test_an_answer_that_does_not_suit_is_refused(
    kind: str, decision: ReviewDecision, reason: str, home: Home
) -> None:
    group, before = groups(home)[kind], state(home.music)
    with review_session.open_session(home.path) as session:
        chosen = ReviewDecision(group.ids, decision.action, decision.value)
        try:
            why = " ".join(review_session.decide(session, chosen).refused.values())
        except MediakeepError as error:
            why = str(error)
    assert reason in why
    assert (state(home.music) == before) == bool(reason)


def test_damaged_files_are_named_or_replaced(home: Home) -> None:
    count = len(question_list.read_questions(home.path))
    (home.path / "outputs" / "manual_review_needed.json").write_text("{")
    assert len(question_list.read_questions(home.path)) == count
    with review_session.open_session(home.path) as session:
        review_session.decide(session, ReviewDecision(groups(home)["missing-date"].ids, "later"))
    log = home.path / answer_log.FILE
    log.write_bytes(log.read_bytes() + b'{"session": "cut')
    with review_session.open_session(home.path) as session:
        review_session.decide(session, ReviewDecision(groups(home)["missing-date"].ids, "later"))
    answers = AnswerLog(home.path).read_answers()
    assert [answer.action for answer in answers] == ["later", "later"]
    ignored = home.path / ignored_issues.FILE
    for content in ("{", '{"format": 1, "issues": []}'):
        ignored.write_text(content)
        with pytest.raises(StateDamaged, match=r"ignored\.json cannot be read"):
            question_list.read_questions(home.path)
    ignored.write_text(json.dumps({"format": 2}))
    with pytest.raises(StateDamaged, match="format 2"):
        question_list.read_questions(home.path)


def test_unknown_names_are_explained(home: Home) -> None:
    for wanted, words in (
        ({"kind": "missing-titel"}, "Did you mean missing-title"),
        ({"artist": "Vero"}, "Vera"),
    ):
        with pytest.raises(UsageError, match=words):
            question_list.read_questions(home.path, **wanted)
    only = question_list.read_questions(home.path, "music", kind="missing-date", artist="vera")
    assert [question.kind for question in only] == ["missing-date"]


def test_the_log_of_answers_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other, decoded = AnswerLog(tmp_path), AnswerLog(tmp_path), list[bytes]()
    decode = answer_log.decode_json

    def note(line: bytes, kind: type[Answer]) -> Answer:
        decoded.append(line)
        return decode(line, kind)

    for number in range(1, 4):
        other.append(Answer(session="s", number=number, action="later"))
    monkeypatch.setattr(answer_log, "decode_json", note)
    assert (log.get_last_number("s"), len(decoded)) == (3, 3)
    other.append(Answer(session="s", number=3, action="undo"))
    assert [answer.number for answer in log.read_session("s")] == [1, 2]
    assert (log.list_unfinished(), len(decoded)) == (["s"], 4)
    path = tmp_path / answer_log.FILE
    with path.open("ab") as file:
        file.write(b'{"session":"s","number":9,')  # of a power loss
    assert (log.get_last_number("s"), len(log.read_answers())) == (3, 2)
    log.append(Answer(session="t", number=1, action="never"))
    assert (log.list_unfinished(), log.get_last_number("s")) == (["t", "s"], 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    assert log.read_answers() == []
    path.write_bytes(b"".join(lines[:1]).rstrip(b"\n"))  # of a backup, without its last line end
    assert [answer.number for answer in log.read_answers()] == [1]
