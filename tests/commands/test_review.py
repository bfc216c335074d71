"""Sittings in a terminal or a pipe: their keys, and what ends them."""

from __future__ import annotations

import base64
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep import clock, ignored_issues
from mediakeep.app.edit.text_differences import compare_texts
from mediakeep.app.reviews import questions as question_list
from mediakeep.app.reviews import review_session
from mediakeep.app.reviews.answer_log import Answer, AnswerLog
from mediakeep.app.reviews.review_session import DecisionResult, ReviewDecision, ReviewSession
from mediakeep.app.undo.run_undo import UndoRun
from mediakeep.commands.display.question_view import QuestionView
from mediakeep_samples.music import music_library, track_files
from tests.commands import cinemas, hands, sittings
from tests.commands import test_fix_metadata_releases as release_home
from tests.commands.conftest import Home, environment
from tests.commands.sittings import SittingTerminal, contents
from tests.music import shelf
from tests.runner.workshop import await_
from tests.sampling import each_row
from tests.vt import Terminal

LIST = "outputs/manual_review_needed.json"


def undo(home: Home, session: str = "last") -> str:
    return hands.ok(home, "review", "--undo", session)


def test_every_key_does_what_it_says(reviewed: Home, tmp_path: Path) -> None:
    before, dusk = contents(reviewed), reviewed.music / "Anna" / "Dusk"
    path, noted = sittings.make_opener(tmp_path)
    with SittingTerminal(reviewed, "music", PATH=path) as shown:
        first = shown.await_prompt()
        assert "1 of" in first
        assert "empty-file" in first
        assert "l later" in first
        assert "a accept" not in first
        assert "No such key here." in shown.press("a")
        assert "No such key here." in shown.press("7")
        explained = shown.press("?")
        assert "issue: empty-file:" in explained
        assert "l Later: the question is asked again in the next sitting" in explained
        assert "u Undo" not in explained
        dawn = str(reviewed.music / "Vera" / "Dawn")
        assert dawn in shown.press("o")
        await_(lambda: noted.exists() and noted.read_text() == f"{dawn}\n")
        asked = shown.press("l")
        assert "1 postponed." in asked
        assert "u undo" in asked
        seen = set[str]()
        while "q quit" in asked:
            (kind,) = re.findall(r"\d+ of \d+ ([a-z-]+)", asked)
            seen.add(kind)
            match kind:
                case "missing-title" if "Track 01" in asked:
                    assert shown.press("e").endswith("empty to cancel: ")
                    assert "q quit" in shown.press("\r")
                    shown.press("e")
                    asked = shown.press("Fall\r")
                    assert "nothing Fall" in asked
                    assert "1 edited, 1 file changed." in asked
                case "whitespace":
                    assert "2 times" in asked
                    assert "A accept all 3 of this artist" in asked
                    asked = shown.press("A")
                    assert "Anna/Zoo/01 Owl.flac" in asked
                    assert asked.endswith("3 changes in 3 files? [y/N] ")
                    assert "accepted" not in shown.press("n")
                    shown.press("A")
                    asked = shown.press("y")
                    assert "3 accepted, 3 files changed." in asked
                case "missing-cover":
                    ignored = len(ignored_issues.read(reviewed.path))
                    assert "1 ignored." in shown.press("n")
                    assert "1 answer undone." in shown.press("u")
                    assert len(ignored_issues.read(reviewed.path)) == ignored
                    asked = shown.press("n")
                case _:
                    asked = shown.press("a" if "a accept" in asked else "n")
        assert shown.end() == 0
        assert shown.clean
    assert seen >= {"whitespace", "missing-title", "missing-cover", "missing-date"}
    assert "Undo this sitting with: python utilities/review.py --home" in asked
    (session,) = re.findall(r"--undo (\S+)", asked)
    assert hands.read(dusk / "Track 01.flac").title == ("Fall",)
    assert "Left: 1 question." in asked  # the postponed one
    assert "restored." in undo(reviewed, session)
    assert contents(reviewed) == before


def test_a_kill_loses_no_answer_and_all_is_undone_to_the_byte(reviewed: Home) -> None:
    before, chance, kills = contents(reviewed), random.Random(7), 3
    while sittings.count_left(reviewed):
        with SittingTerminal(reviewed) as shown:
            asked, keys = shown.await_prompt(), 0
            while "q quit" in asked and shown.program.poll() is None:
                shown.type(b"a" if "a accept" in asked else b"n")
                keys += 1
                if keys == 2 and kills:
                    kills -= 1
                    time.sleep(chance.random() / 5)
                    shown.program.kill()
                asked = shown.await_prompt()
    assert not kills
    sessions = {answer.session for answer in AnswerLog(reviewed.path).read_answers()}
    assert len(sessions) == 1  # it was continued after each kill
    undo(reviewed)
    assert contents(reviewed) == before


@pytest.mark.slow
@pytest.mark.loop
def test_a_hundred_questions_take_little_more_than_a_hundred_keys(tmp_path: Path) -> None:
    music_library.make_library(tmp_path / "music", artists=117)
    (tmp_path / "home").mkdir()
    home = hands.scanned(Home(tmp_path / "home", tmp_path / "music"))
    before, count = contents(home), sittings.count_left(home)
    assert count >= 100
    keys, kills = 0, {10, 40, 70}
    while sittings.count_left(home):
        with SittingTerminal(home) as shown:
            asked = shown.await_prompt()
            while "q quit" in asked and shown.program.poll() is None:
                shown.type(b"a" if "a accept" in asked else b"n")
                keys += 1
                if keys in kills:
                    time.sleep(random.Random(keys).random() / 3)
                    shown.program.kill()
                asked = shown.await_prompt()
    assert keys <= count + len(kills) <= 130
    undo(home)
    assert contents(home) == before
    assert sittings.count_left(home) == count


@pytest.mark.slow
@pytest.mark.loop
def test_the_same_questions_take_thousands_of_characters_as_pasted_commands(
    tmp_path: Path,
) -> None:
    music_library.make_library(tmp_path / "music", artists=117)
    (tmp_path / "home").mkdir()
    home = hands.scanned(Home(tmp_path / "home", tmp_path / "music"))
    began, before, count = clock.now(), contents(home), sittings.count_left(home)
    typed = short = commands = 0
    shell = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    settings = environment({"PS1": "\\n$? ready> ", "TERM": "dumb", "PATH": path})
    with Terminal(shell, settings, 80, 24) as shown:
        await_shell(shown)
        shown.type(os.fsencode(f"cd {shlex.quote(str(Path(__file__).parents[2]))}\n"))
        await_shell(shown)
        while accepted := [it for it in question_list.read_questions(home.path) if it.proposal]:
            words = f"{accepted[0].command}\n"
            assert len(words) < 4096  # which a terminal accepts in one line
            shown.type(os.fsencode(words))
            typed, commands = typed + len(words), commands + 1
            short += len(f"mediakeep accept {accepted[0].id}\n")
            assert await_shell(shown).endswith("\n0 ready> "), words
        shown.type(b"exit\n")
        assert shown.end() == 0
    left = sittings.count_left(home)
    keys = len(question_list.group_questions(question_list.read_questions(home.path)))
    print(f"{count - left} of {count} questions: {commands} commands, {typed:,} characters")
    print(f"({short:,} as `mediakeep accept`); keys: {commands}, and {keys} for the rest")
    assert commands < count - left + 1
    assert typed > 50 * commands
    hands.ok(home, "undo_changes", "--since", clock.format_iso(began))
    assert contents(home) == before


def await_shell(shown: Terminal) -> str:
    """Return what was printed up to the next prompt of the shell."""
    end = time.monotonic() + 120
    while not (text := shown.screen.printed.replace("\r", "")).endswith(" ready> "):
        assert time.monotonic() < end, f"it hangs: {text}"
        assert shown.read(), text
    shown.screen.printed = ""
    return text


@pytest.mark.long
@each_row("number, code", [(signal.SIGINT, 130), (signal.SIGHUP, -signal.SIGHUP)], ids=str)
def test_a_signal_at_a_question_ends_the_sitting(number: int, code: int, reviewed: Home) -> None:
    with SittingTerminal(reviewed, "--kind", "missing-date") as shown:
        shown.await_prompt()
        os.kill(shown.program.pid, number)
        text = shown.await_prompt()
        assert shown.end() == code
    assert ("Done: nothing." in text) == (code == 130)
    assert not AnswerLog(reviewed.path).read_answers()


@pytest.mark.long
def test_ctrl_c_while_an_answer_is_written_ends_after_it(reviewed: Home) -> None:
    for pause in (0.0, 0.01, 0.03, 0.1):
        with SittingTerminal(reviewed) as shown:
            asked = shown.await_prompt()
            shown.type(b"a" if "a accept" in asked else b"n")
            time.sleep(pause)  # whenever it comes, the answer is whole or was not given
            shown.type(b"\x03")
            text = shown.await_prompt()
            assert shown.end() == 130
            assert shown.clean
        text += shown.screen.printed  # after the next prompt, if it came before the signal
        assert "Done: " in text
        assert "Traceback" not in text
    answers = AnswerLog(reviewed.path).read_answers()
    left = {it.id for it in sittings.question_list.read_questions(reviewed.path)}
    assert not left & {id_ for answer in answers for id_ in answer.ids}


def test_an_answer_that_ctrl_c_interrupts_is_whole(
    reviewed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = review_session.decide

    def interrupt(session: ReviewSession, decision: ReviewDecision) -> DecisionResult:
        os.kill(os.getpid(), signal.SIGINT)
        return decide(session, decision)

    monkeypatch.setattr(review_session, "decide", interrupt)
    told = hands.run(reviewed, "review", "--kind", "whitespace", answer="a\nu\n")
    assert told.code == 130
    assert "2 accepted, 2 files changed." in told.out
    assert "answer undone" not in told.out


def test_an_undo_that_a_signal_interrupts_is_continued(
    reviewed: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, undo_record, signals = contents(reviewed), UndoRun._undo_record, [signal.SIGTERM] * 2

    def interrupt(run: UndoRun, *given: Any) -> None:
        undo_record(run, *given)
        if signals:
            os.kill(os.getpid(), signals.pop())

    monkeypatch.setattr(UndoRun, "_undo_record", interrupt)
    told = hands.run(reviewed, "review", "--kind", "whitespace", answer="a\nu\nl\n")
    assert (told.code, "undone" in told.out) == (130, False)
    assert "Undo this sitting with: " in told.out
    told = hands.run(reviewed, "review", "--kind", "whitespace", answer="a\n")
    assert hands.run(reviewed, "review", "--undo", "last").code == 130
    assert contents(reviewed) != before
    while AnswerLog(reviewed.path).read_answers():
        undo(reviewed)
    assert contents(reviewed) == before


@pytest.mark.long
def test_a_terminal_that_closes_ends_the_sitting(reviewed: Home) -> None:
    with SittingTerminal(reviewed) as shown:
        asked = shown.await_prompt()
        shown.type(b"a" if "a accept" in asked else b"n")
        assert shown.hang_up() != 0
    count = sittings.count_left(reviewed)
    with SittingTerminal(reviewed) as shown:
        assert "q quit" in shown.await_prompt()
        shown.press("q")
        assert shown.end() == 0
    assert sittings.count_left(reviewed) == count


@pytest.mark.long
def test_two_sittings_ask_about_different_artists(reviewed: Home) -> None:
    with SittingTerminal(reviewed) as one, SittingTerminal(reviewed) as two:
        artists = [
            re.findall(r"-{3,} (Vera|Anna)", shown.await_prompt())[-1] for shown in (one, two)
        ]
        assert sorted(artists) == ["Anna", "Vera"]
        with SittingTerminal(reviewed) as third:
            assert "left to another sitting" in third.await_prompt()
            assert third.end() == 0
        one.program.kill()
        one.program.wait()
        with SittingTerminal(reviewed) as third:  # a claim ends with its process
            assert artists[0] in third.await_prompt()


@pytest.mark.long
def test_a_picture_has_any_path_and_a_value_is_text(reviewed: Home) -> None:
    dusk = reviewed.music / "Anna" / "Dusk"
    (dusk / os.fsdecode(b"\xe9.jpg")).write_bytes(track_files.read_seed_file("cover.jpg"))
    words = ("--artist", "Anna", "--kind")
    for kind, answers, told in (
        ("missing-title", b"e \xe9\nq\n", "The value is not valid text."),
        ("missing-cover", b"e \xe9.jpg\nq\n", "1 edited, 2 files changed."),
    ):
        done = subprocess.run(
            reviewed.command("review", *words, kind),
            input=answers,
            capture_output=True,
            timeout=120,
            env=environment({"LC_ALL": "C"}),
        )
        assert told in done.stdout.decode(), done
    assert [answer.value for answer in AnswerLog(reviewed.path).read_answers()] == ["\\xE9.jpg"]


def test_all_are_accepted_but_those_of_another_sitting(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    for artist in ("Anna", "Vera"):
        own = {"artist": artist, "albumartist": artist, "album": "Noon", "date": "1990"}
        shelf.put(home.music / artist / "Noon" / "01 Rise.flac", title=" Rise", **own)
    hands.scanned(home)
    found = sittings.question_list.read_questions(home.path, kind="whitespace", artist="Vera")
    with review_session.open_session(home.path) as other:
        assert other.claim(found)
        told = hands.run(home, "review", "--kind", "whitespace", answer="A\ny\n")
    assert "accept all 2 of 2 artists" in told.out
    assert "1 question left to another sitting." in told.out
    assert "1 accepted, 1 file changed." in told.out


def test_decided_questions_of_a_pending_artist_are_not_asked_again(reviewed: Home) -> None:
    reviewed.ok("--reset-artist", "Anna")
    told = hands.run(reviewed, "review", "--kind", "whitespace", answer="a\n" * 9)
    assert told.out.count("accepted, ") == 2
    assert "Left: 0 questions." in told.out
    again = hands.run(reviewed, "review", "--kind", "whitespace", answer="a\n" * 9)
    assert "Done: nothing." in again.out
    words = ("review", "--kind", "missing-title")
    told = hands.run(reviewed, *words, answer="e Fall\ne Fall\n")
    assert "1 edited, 1 file changed." in told.out


def test_a_value_that_is_there_already_is_no_edit(reviewed: Home) -> None:
    path = reviewed.music / "Anna" / "Dusk" / "Track 01.flac"
    shelf.put(path, artist="Anna", albumartist="Anna", title="Fall", album="Dusk", date="1990")
    told = hands.run(reviewed, "review", "--kind", "missing-title", answer="e Fall\nq\n")
    assert "the files have this value already." in told.out
    assert "Done: nothing." in told.out


@pytest.mark.long
@each_row(
    "columns, lines, env",
    [
        (40, 10, {}),
        (80, 24, {"NO_COLOR": "1"}),
        (80, 24, {"TERM": "dumb"}),
        (80, 24, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}),
    ],
)
def test_simple_terminals_show_the_same(
    columns: int, lines: int, env: dict[str, str], reviewed: Home
) -> None:
    words = ("--kind", "whitespace")
    with SittingTerminal(reviewed, *words, columns=columns, lines=lines, **env) as shown:
        if env.get("TERM") == "dumb":
            while not re.search(r"Answer: $", shown.screen.printed):
                assert shown.read()
        else:
            shown.await_prompt()
        raw = shown.raw.decode("ascii" if "LC_ALL" in env else "utf-8")
        text = re.sub(r"\x1b\[[\d;]*m", "", raw)
        for part in ("Anna", "Rise", "Set", "title", "accept", "later", "never", "quit"):
            assert part in text
        assert ("[- -]Rise" in text) == bool(env.keys() & {"NO_COLOR", "TERM"})
        assert ("here:" in text) == (columns == 40)
        shown.type(b"q\n" if env.get("TERM") == "dumb" else b"q")
        assert shown.end() == 0


def test_a_pipe_is_asked_line_by_line(reviewed: Home) -> None:
    told = hands.run(reviewed, "review", "--kind", "missing-title", answer="e Fall\nnonsense\nA\n")
    assert told.code == 0
    assert "1 edited, 1 file changed." in told.out
    assert "Done: 1 " in told.out
    assert "Not understood" in told.out
    told = hands.run(reviewed, "review", "--dry-run", "--kind", "empty-file")
    assert told.out.endswith("1 question in 1 group.\n")
    before, asked = contents(reviewed), ("review", "--kind", "missing-title")
    told = hands.run(reviewed, *asked, answer="no\nn x\n12\neFall\nnever\n")
    assert (told.out.count("Not understood"), "Done: nothing." in told.out) == (5, True)
    assert contents(reviewed) == before
    told = hands.run(reviewed, "review", "--dry-run", "--most-first")
    assert re.search(r"\d+ questions in \d+ groups\.", told.out)
    assert "Proposed: " in told.out
    again = hands.run(reviewed, "review", "--artist", "Vero")
    assert (again.code, "Vera" in again.err, again.out) == (2, True, "")
    assert hands.run(reviewed, "review", "--undo", "last", "music").code == 2
    assert hands.run(reviewed, "review", "--undo", "20200101_review_abcdef").code == 2


@pytest.mark.long
def test_a_movie_is_chosen_from_candidates_or_by_another_title(tmp_path: Path) -> None:
    movies, _ = cinemas.made(tmp_path)
    (movies.movies / "The Splendid Violin (2011).m4v").rename(movies.movies / "Zzyzx (1950).m4v")
    with cinemas.served() as server:
        movies.url, settings = server.url, cinemas.asking(server.url)
        movies.scan()
        assert movies.batch("--all").returncode == 0
        before = movies.items()
        words = ("review", "movies", "--kind", "no-match")
        wrong = {**settings, "MEDIAKEEP_COUNTRY": "nowhere"}
        told = hands.run(movies, *words, answer="1\nq\n", **wrong)
        assert "https://www.themoviedb.org/movie/2001" in told.out
        assert "nowhere" in told.out.partition("\nAnswer: ")[2]
        assert movies.items() == before
        told = hands.run(movies, *words, answer="1\n" + "l\n" * 9, **settings)
        assert "against it: runtime (-40 %)" in told.out
        assert "https://www.themoviedb.org/movie/2001" in told.out
        shown, _, done = told.out.partition("\nAnswer: ")
        assert "is 2001; it is pending again." in done
        assert "Ottilie and the Storm.nfo: new\n  title: Ottilie and the Storm\n" in shown
        assert "  ids: tmdb 2001, imdb tt1026013\n" in shown
        assert "Ottilie and the Storm-poster.jpg: new, 2000 x 3000 pixels\n" in shown
        own = [movies.movies / f"Ottilie and the Storm{end}" for end in (".nfo", "-poster.jpg")]
        assert not any(path.exists() for path in own)
        assert "Write the files of chosen movies with: " in told.out
        answers = "s Nonsensical\ns\nThe Splendid Violin\n1\n"
        offline = hands.run(movies, *words, answer=f"{answers}q\n", MEDIAKEEP_OFFLINE="1")
        assert "TMDb not queried" in offline.out
        asked = "l\n" if "Zzyzx" not in offline.out.partition("of 2")[2][:200] else ""
        told = hands.run(movies, *words, answer=f"{asked}{answers}n\n1\ny\nq\n", **settings)
        assert "Nothing found." in told.out
        assert "The Splendid Violin (2011)" in told.out
        assert told.out.count("Zzyzx (1950)-fanart.jpg: new, 3840 x 2160 pixels\n") == 2
        assert told.out.count("Choose this movie?") == 2
        assert movies.batch("--all").returncode == 0
        assert all(path.exists() for path in own)
    chosen = {
        key: item["tmdb_id"] for key, item in movies.items().items() if item["match"] == "user"
    }
    assert chosen == {"Ottilie and the Storm.mkv": 2001, "Zzyzx (1950).m4v": 2075}
    assert all(movies.items()[key]["imdb_id"] for key in chosen)  # added by the batch
    undo(movies)
    undo(movies)
    for key in chosen:
        item = movies.items()[key]
        assert (item.get("tmdb_id"), item["match"]) == (before[key].get("tmdb_id"), "unmatched")
    fields = {"match": item["match"], "tmdb_id": item.get("tmdb_id", 0), "imdb_id": ""}
    answer = Answer(session="killed", number=1, action="choose", queue="movies", value="2001")
    unchanged = msgspec.structs.replace(answer, before={key: fields})
    AnswerLog(movies.path).append(unchanged)  # as before a kill, which came before the choice
    assert "1 answer undone." in undo(movies)


def test_a_damaged_list_of_ignored_issues_ends_a_batch_before_it_counts_an_attempt(
    tmp_path: Path,
) -> None:
    home = hands.library(tmp_path)
    home.scan()
    path = home.path / ignored_issues.FILE
    path.parent.mkdir(parents=True)
    path.write_text("{")
    for words in (("--all",), ("--all", "--dry-run")):
        done = home.call("process_music_batch", *words)
        assert done.returncode == 3
        assert f"{path} cannot be read" in done.stderr
        (item,) = home.snapshot()["artists"].values()
        assert (item["status"], item.get("attempts", 0)) == ("pending", 0)
    path.unlink()
    assert home.batch("--all").returncode == 0


@pytest.mark.long
def test_a_movie_that_is_forgotten_while_it_is_answered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movies, _ = cinemas.made(tmp_path)
    unknown = movies.movies / "Zzyzx (1950).m4v"
    (movies.movies / "The Splendid Violin (2011).m4v").rename(unknown)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        assert movies.batch("--all").returncode == 0
    read_questions = question_list.read_questions

    def forget_after(*values: Any, **options: Any) -> list[Any]:
        """Return the questions, and forget the movie before they are used."""
        found = read_questions(*values, **options)
        if unknown.exists():
            unknown.unlink()
            movies.ok("--scan", movies.movies, "--yes")
            movies.ok("--forget-vanished")
        return list(found)

    (asked,) = (it for it in read_questions(movies.path) if it.item == unknown.name)
    monkeypatch.setattr(question_list, "read_questions", forget_after)
    with review_session.open_session(movies.path) as session:
        decision = ReviewDecision((asked.id,), "choose", "2001")
        result = review_session.decide(session, decision)
        assert not result.decided
        assert unknown.name in result.refused[asked.id]


@pytest.mark.long
def test_a_movie_issue_is_ignored_until_that_is_undone(tmp_path: Path) -> None:
    movies, _ = cinemas.made(tmp_path)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        assert movies.batch("--all").returncode == 0
        hands.run(movies, "review", "movies", "--kind", "wrong-year", answer="n\n")
        assert "wrong-year" not in {one["kind"] for one in hands.reviews(movies)}
        movies.ok("--reset-all", "--yes")
        assert movies.batch("--all").returncode == 0
        assert "wrong-year" not in {one["kind"] for one in hands.reviews(movies)}
        undo(movies)
        assert "wrong-year" in {one["kind"] for one in hands.reviews(movies)}
        review = hands.run(movies, "review", "movies", "--kind", "wrong-year", answer="a\n9\n")
        assert review.out.count("No such key here.") == 2
        for record in (movies.path / "outputs" / "movies").glob("*.json"):
            record.write_text("{")
        review = hands.run(movies, "review", "movies", "--kind", "wrong-year", answer="n\n")
        assert (review.code, "Done: nothing." in review.out) == (0, True)
        assert "Remove it and reset the movie" in " ".join(review.out.split())


def test_a_release_is_chosen_and_the_safeguards_ask(tmp_path: Path) -> None:
    with release_home.made_home(tmp_path) as home:
        before, words = contents(home), ("review", "--kind", "ambiguous-release")
        told = hands.run(home, *words, answer=f"e {release_home.OTHER}\nn\nq\n", **home.settings)
        assert "against it: " in told.out
        words_shown = " ".join(told.out.split())
        assert "is not one of its candidates" in words_shown
        assert "--yes" not in words_shown
        assert "Do it anyway? [y/N]" in words_shown
        assert contents(home) == before
        told = hands.run(home, *words, answer="s Dawn\n1\n", **home.settings)
        assert "https://musicbrainz.org/release/" in told.out
        assert "1 chosen, 3 files changed." in told.out
        undo(home)
        assert contents(home) == before
        told = hands.run(home, *words, answer="e nonsense\n", **home.settings)
        assert 'Invalid MBID "nonsense"' in told.out


def _tag(*places: str, **tags: str | None) -> Callable[[Home], None]:
    def change(home: Home) -> None:
        for place in places:
            own = {"artist": "Anna", "albumartist": "Anna", "album": "Noon", **tags}
            shelf.put(home.music / place, **own)

    return change


@each_row(
    "kind, change, words",
    [
        ("whitespace", _tag("Anna/Noon/01 Rise.flac", title="  Fall"), "title -]Fall"),
        ("whitespace", lambda home: shutil.rmtree(home.music / "Anna"), "Done: nothing."),
        ("missing-album", hands.scanned, "album nothing Dawn"),
        ("missing-album", lambda home: (home.path / LIST).write_text("[]") and None, "Dawn"),
    ],
)
def test_outdated_questions_are_read_again_before_they_are_asked(
    kind: str, change: Callable[[Home], object], words: str, reviewed: Home
) -> None:
    change(reviewed)
    before = contents(reviewed)
    told = hands.run(reviewed, "review", "--kind", kind, answer="q\n")
    assert words in " ".join(told.out.replace("[-", "").split()), told
    assert contents(reviewed) == before
    sittings.restore(reviewed)


def test_covers_are_chosen_with_their_sizes(reviewed: Home) -> None:
    dusk = reviewed.music / "Anna" / "Dusk"
    (dusk / "front.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    words = ("review", "--kind", "missing-cover", "--artist", "Anna")
    told = hands.run(reviewed, *words, answer="1\nq\n")
    assert re.search(r"1  front\.jpg  \d+ x \d+ pixels, ", told.out)
    assert (dusk / "front.jpg").as_uri() in told.out
    assert "1 edited, 2 files changed." in told.out
    assert all(hands.read(path).pictures for path in dusk.glob("*.flac"))
    told = hands.run(reviewed, *words, answer=f"e {reviewed.path}\ne nothing.png\n")
    assert told.out.count("Nothing was changed.") == 2


@pytest.mark.long
@each_row(
    ("name", "env", "shown_data"),
    [
        ("front.jpg", {"TERM_PROGRAM": "WezTerm"}, rb"\x1b]1337;File=inline=1;[^:]*:([^\a]*)\a"),
        ("front.png", {"TERM": "xterm-kitty"}, rb"\x1b_G(?:a=T,f=100,r=8,)?m=[01];([^\x1b]*)\x1b"),
        ("front.jpg", {"TERM": "xterm-kitty"}, None),  # which kitty cannot decode
        ("front.png", {"TERM_PROGRAM": "WezTerm", "TMUX": "/tmp/tmux-1"}, None),
        ("front.png", {}, None),
    ],
)
def test_a_terminal_that_can_shows_covers(
    name: str, env: dict[str, str], shown_data: bytes | None, reviewed: Home
) -> None:
    cover = reviewed.music / "Anna" / "Dusk" / name
    data = track_files.read_seed_file(f"cover.{name[-3:]}") + bytes(9000)
    cover.write_bytes(data)
    words = ("--kind", "missing-cover", "--artist", "Anna")
    plain = {"TERM_PROGRAM": "", "TMUX": "", "KONSOLE_VERSION": ""}
    with SittingTerminal(reviewed, *words, **{**plain, **env}) as shown:
        shown.await_prompt()
        found = re.findall(shown_data, shown.raw) if shown_data else []
        assert base64.b64decode(b"".join(found)) == (data if shown_data else b"")
        assert shown_data or not re.search(rb"1337|\x1b_G", shown.raw)
        shown.press("q")
        assert shown.end() == 0
    sittings.restore(reviewed)


def test_long_texts_are_compared_as_a_whole() -> None:
    assert list(compare_texts("1994", "1996")) == [(True, "199", "199"), (False, "4", "6")]
    old, new = "ab" * 32_000, "ba" * 32_000
    assert list(compare_texts(old, new)) == [(False, old, new)]
    assert list(compare_texts(old, old)) == [(True, old, old)]


def test_no_key_is_broken_from_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    keys = [("A", "accept all 12 of this artist"), ("l", "later"), ("?", "help"), ("q", "quit")]
    for columns in range(32, 60):
        view = QuestionView()
        view._console.width = columns
        view.print_keys(keys)
        lines = capsys.readouterr().out.splitlines()
        assert ", ".join(line.removesuffix(",") for line in lines) == ", ".join(map(" ".join, keys))
        assert max(map(len, lines)) <= columns
