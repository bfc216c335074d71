"""The queue's manager, action by action."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mediakeep.music.item import MUSIC
from tests.commands.conftest import Home, environment, obeying_permissions
from tests.music import shelf


def touch_track(home: Home, artist: str) -> Path:
    """Change one track of an artist, as another program would."""
    track = next(path for path in sorted((home.music / artist).rglob("*")) if path.is_file())
    info = track.stat()
    os.utime(track, ns=(info.st_atime_ns, info.st_mtime_ns + 10**9))
    return track


def test_exactly_one_action_is_asked_for(home: Home) -> None:
    for words in ((), ("--show-summary", "--list")):
        done = home.manage(*words)
        assert done.returncode == 2
        assert "exactly one action" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("--list", "--yes"), ("--scan", "x", "--force"), ("--show-summary", "--status", "error")],
)
def test_a_word_that_would_do_nothing_is_refused(home: Home, words: tuple[str, ...]) -> None:
    done = home.manage(*words)
    assert done.returncode == 2
    assert "has no effect with" in done.stderr


def test_the_summary_needs_no_right_to_write(finished: Home) -> None:
    (finished.queue / "history.db").unlink()
    finished.queue.chmod(0o555)
    with obeying_permissions():
        done = finished.manage("--show-summary")
    finished.queue.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert "an hour" in done.stdout


def test_where_only_checkpoints_are_left_no_new_queue_is_made(finished: Home) -> None:
    finished.ok("--checkpoint")
    (finished.queue / "processing_queue.json").unlink()
    shutil.rmtree(finished.queue / "processing_queue.journal")
    done = finished.manage("--scan", finished.music)
    assert done.returncode == 3
    (line,) = [line for line in done.stderr.splitlines() if line.strip().startswith("cp ")]
    subprocess.run(line, shell=True, check=True)
    assert finished.manage("--validate-queue").returncode == 0
    assert set(finished.statuses().values()) == {"completed"}


def test_a_failed_artist_with_priority_is_next(home: Home) -> None:
    home.scan()
    (home.music / "Velvet Harbour").chmod(0)
    home.ok("--prioritize", "Velvet Harbour")
    with obeying_permissions():
        home.batch("--batch-size", 1)
    (home.music / "Velvet Harbour").chmod(0o755)
    assert home.statuses()["Velvet Harbour"] == "error"
    home.ok("--prioritize", "Velvet Harbour")
    assert "[1/1] Velvet Harbour" in home.batch("--batch-size", 1).stdout


def test_a_scan_notices_what_is_new_changed_vanished_and_returned(finished: Home) -> None:
    assert finished.scan() == "14 artists on disk: no changes.\n"
    away = finished.music.with_name("away")
    (finished.music / "Velvet Harbour").rename(away)
    touch_track(finished, "-Minus-")
    shutil.copytree(finished.music / "-Minus-", finished.music / "New Here")
    assert finished.scan() == "14 artists on disk: 1 new, 1 changed, 1 vanished.\n"
    items = finished.snapshot()["artists"]
    assert items["New Here"]["status"] == "pending"
    assert items["-Minus-"]["status"] == "pending"
    assert "changed" in items["-Minus-"]["note"]
    assert items["Velvet Harbour"]["status"] == "skipped"
    assert items["Velvet Harbour"]["skip_reason"] == "vanished"
    away.rename(finished.music / "Velvet Harbour")
    assert finished.scan() == "15 artists on disk: 1 returned.\n"
    assert finished.statuses()["Velvet Harbour"] == "completed"
    assert finished.batch("--all").returncode == 0
    assert finished.scan() == "15 artists on disk: no changes.\n"
    assert finished.manage("--validate-queue").returncode == 0


def test_the_review_list_follows_artists_that_vanish_and_return(finished: Home) -> None:
    path = finished.path / "outputs/manual_review_needed.json"
    full = json.loads(path.read_text())["reviews"]
    assert "Velvet Harbour" in full
    (finished.music / "Velvet Harbour").rename(finished.music.with_name("away"))
    finished.scan()
    finished.batch()
    assert "Velvet Harbour" not in json.loads(path.read_text())["reviews"]
    finished.music.with_name("away").rename(finished.music / "Velvet Harbour")
    finished.scan()
    finished.batch()
    assert json.loads(path.read_text())["reviews"] == full


def test_a_scan_that_would_lose_much_is_refused_until_confirmed(finished: Home) -> None:
    for name in ("-Minus-", "=Sum of Us"):
        shutil.rmtree(finished.music / name)
    before = finished.snapshot()
    done = finished.manage("--scan", finished.music)
    assert done.returncode == 2
    assert "2 of 14 artists would vanish" in done.stderr
    assert finished.snapshot()["artists"] == before["artists"]
    finished.ok("--scan", finished.music, "--yes")
    assert Counter(finished.statuses().values()) == {"completed": 12, "skipped": 2}


@pytest.mark.parametrize("how", ["missing", "empty", "other"])
def test_a_scan_of_a_wrong_folder_is_refused(finished: Home, how: str) -> None:
    other = finished.path.with_name("other")
    if how != "missing":
        other.mkdir()
    if how == "other":
        shutil.copytree(finished.music / "-Minus-", other / "-Minus-")
    done = finished.manage("--scan", other)
    assert done.returncode == 2
    assert str(other) in done.stderr
    assert set(finished.statuses().values()) == {"completed"}


def test_a_library_that_moved_keeps_its_state(finished: Home) -> None:
    new = finished.music.with_name("new place")
    finished.music.rename(new)
    assert finished.manage("--scan", new).returncode == 2
    assert "14 with a new path" in finished.ok("--relocate", new)
    snapshot = finished.snapshot()
    assert snapshot["library_path"] == str(new)
    assert set(finished.statuses().values()) == {"completed"}
    assert snapshot["artists"]["-Minus-"]["path"] == str(new / "-Minus-")
    finished.ok("--scan", new)
    assert finished.batch("--artist", "-Minus-").returncode == 0


def test_files_in_the_root_are_told_of(home: Home) -> None:
    (home.music / "loose.mp3").write_bytes(b"x")
    assert "1 audio file in" in home.scan()


def test_the_summary_counts_and_json_says_the_same(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 4)
    text = home.ok("--show-summary")
    assert "4 of 14 artists completed (28.6%)" in text
    assert "pending 10" in text
    data = json.loads(home.ok("--show-summary", "--json"))
    assert data["counts"] == {
        "pending": 10,
        "in_progress": 0,
        "completed": 4,
        "error": 0,
        "skipped": 0,
    }
    assert data["issues"]


def test_list_shows_all_or_those_of_one_status(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 1)
    assert len(home.ok("--list").splitlines()) == 14
    assert len(home.ok("--list", "--status", "completed").splitlines()) == 1
    wrong = home.manage("--list", "--status", "done")
    assert wrong.returncode == 2
    assert "pending, in_progress, completed" in wrong.stderr


def test_one_artist_is_shown_with_all_that_is_known(finished: Home) -> None:
    text = finished.ok("--show-artist", "salt_pepper choir")
    assert text.startswith("Salt_Pepper Choir\n  status: completed\n")
    data = json.loads(finished.ok("--show-artist", "Salt_Pepper Choir", "--json"))
    assert data["Salt_Pepper Choir"]["report"].endswith("_library_issues.md")


def spoil(home: Home, artist: str) -> list[Path]:
    """Empty seven tracks of an artist, and take the genre and the title from another."""
    found = sorted((home.music / artist).rglob("*.mp3")) + sorted(
        (home.music / artist).rglob("*.flac")
    )
    for path in found[:7]:
        path.write_bytes(b"")
    shelf.put(found[7], title=None, genre=None)
    return found


def test_the_issues_of_an_artist_are_shown_worst_first_with_their_places(home: Home) -> None:
    spoiled = spoil(home, "Velvet Harbour")
    home.scan()
    home.batch("--artist", "Velvet Harbour")
    lines = home.ok("--show-artist", "Velvet Harbour").splitlines()
    start = lines.index("  error: 7 empty-file")
    assert re.fullmatch(r"\d+ issues and \d+ notes:", lines[start - 1])
    places = [str(path.relative_to(home.music / "Velvet Harbour")) for path in sorted(spoiled[:7])]
    assert lines[start + 1 : start + 7] == [
        *(f"    {place}" for place in places[:5]),
        "    and 2 more",
    ]
    assert lines[start + 7] == "  error: 1 missing-title"
    ranks = [found[1] for line in lines if (found := re.match(r"  (error|warning|note): ", line))]
    assert ranks == sorted(ranks, key=["error", "warning", "note"].index)
    note = lines.index("  note: 1 missing-genre")
    assert not lines[note + 1].startswith("    ")
    assert lines[-1].startswith(f"Report: {home.path}/issues/music/Velvet Harbour")
    assert Path(lines[-1].removeprefix("Report: ")).is_file()


def test_programs_get_all_issues_of_an_artist(finished: Home) -> None:
    data = json.loads(finished.ok("--show-artist", "Salt_Pepper Choir", "--json"))
    item = finished.snapshot()["artists"]["Salt_Pepper Choir"]
    shown = data["Salt_Pepper Choir"]
    assert {**shown, "issues": item["issues"]} == item
    written = json.loads((finished.path / f"outputs/{item['output_name']}_audit.json").read_text())
    assert sorted(issue["id"] for issue in shown["issues"]) == sorted(
        issue["id"] for issue in written["issues"]
    )


def test_an_artist_without_issues_is_told_so(home: Home) -> None:
    path = home.music / "Clean" / "Moorings" / "01 Low Tide.mp3"
    shelf.put(path, picture="cover.jpg", tracknumber="1/1")
    home.scan()
    home.batch("--artist", "Clean")
    assert "\nNo issues.\nReport: " in home.ok("--show-artist", "Clean")


def test_an_artist_that_was_not_processed_has_no_issues_to_show(home: Home) -> None:
    home.scan()
    text = home.ok("--show-artist", "Velvet Harbour")
    assert text.endswith("\nIssues cannot be shown: it has no report yet.\n")
    data = json.loads(home.ok("--show-artist", "Velvet Harbour", "--json"))
    assert data["Velvet Harbour"]["issues"] is None


def test_where_the_audit_is_gone_the_counts_of_the_queue_are_shown(finished: Home) -> None:
    (finished.path / "outputs" / "Salt_Pepper Choir_audit.json").unlink()
    text = finished.ok("--show-artist", "Salt_Pepper Choir")
    assert "\n  1 missing-title\n" in text
    assert text.endswith("\nIssues cannot be shown: the audit file is missing.\n")


@pytest.mark.parametrize(
    ("content", "code", "cure"),
    [
        (b"{", 1, "reset the artist"),
        (b'{"format": 9, "artist": "", "report": "", "issues": []}', 3, "Update"),
    ],
)
def test_a_damaged_audit_is_named_after_the_facts(
    finished: Home, content: bytes, code: int, cure: str
) -> None:
    (finished.path / "outputs" / "Salt_Pepper Choir_audit.json").write_bytes(content)
    done = finished.manage("--show-artist", "Salt_Pepper Choir")
    assert done.returncode == code
    assert done.stdout.startswith("Salt_Pepper Choir\n  status: completed\n")
    assert cure in done.stdout.splitlines()[-1]


def test_the_issues_of_a_reset_artist_are_those_of_its_last_report(finished: Home) -> None:
    finished.ok("--reset-artist", "Salt_Pepper Choir")
    text = finished.ok("--show-artist", "Salt_Pepper Choir")
    assert "\n  error: 1 missing-title\n" in text
    assert "\nIssues of the last report; the status is now pending.\n" in text


def test_artists_are_reset_by_name(finished: Home) -> None:
    done = finished.ok("--reset-artist", "-Minus-", "--reset-artist", "velvet harbour".title())
    assert done == "2 artists are pending again.\n"
    assert finished.ok("--reset-artist", "-minus-") == '"-Minus-" is pending again.\n'
    wrong = finished.manage("--reset-artist", "Minus")
    assert wrong.returncode == 2
    assert "-Minus-" in wrong.stderr
    assert Counter(finished.statuses().values()) == {"completed": 12, "pending": 2}


def test_reset_all_asks_and_takes_no_for_an_answer(finished: Home) -> None:
    assert finished.manage("--reset-all").returncode == 130
    refused = subprocess.run(
        finished.command("music_queue_manager", "--reset-all"),
        input="n\n",
        text=True,
        capture_output=True,
        env=environment({}),
    )
    assert refused.returncode == 130
    assert set(finished.statuses().values()) == {"completed"}
    assert finished.ok("--reset-all", "--yes") == "14 artists are pending again.\n"


def test_what_a_dead_batch_left_is_taken_back(home: Home) -> None:
    home.scan()
    script = (
        "import os, sys; from pathlib import Path; from mediakeep.music.item import MUSIC;"
        "from mediakeep.queue.queue import Queue, locate_queue;"
        f"q = Queue.open(locate_queue(Path({str(home.queue)!r})), MUSIC); q.begin_session(); "
        "q.claim(3);"
        "os.kill(os.getpid(), 9)"
    )
    env = environment({"PYTHONPATH": str(Path(__file__).parents[2] / "utilities")})
    command = home.command("music_queue_manager")[0]
    assert subprocess.run([command, "-c", script], env=env).returncode == -9
    assert home.ok("--reset-in-progress") == "3 artists are pending again.\n"
    assert set(home.statuses().values()) == {"pending"}


def test_an_item_that_a_live_session_holds_is_only_reset_by_force(home: Home) -> None:
    home.scan()
    script = (
        "import sys; from pathlib import Path; from mediakeep.music.item import MUSIC;"
        "from mediakeep.queue.queue import Queue, locate_queue;"
        "from mediakeep.queue.settle import SettleRequest; from mediakeep.outcome import Outcome;"
        f"q = Queue.open(locate_queue(Path({str(home.queue)!r})), MUSIC); q.begin_session(); c = "
        "q.claim(1)[0];"
        "print(c.key, flush=True); sys.stdin.readline();"
        "print(q.settle(c, SettleRequest(Outcome())), flush=True)"
    )
    holder = subprocess.Popen(
        [home.command("")[0], "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment({"PYTHONPATH": str(Path(__file__).parents[2] / "utilities")}),
    )
    assert holder.stdout
    key = holder.stdout.readline().strip()
    refused = home.manage("--reset-artist", key)
    assert refused.returncode == 2
    assert f"{key} is being processed by session" in refused.stderr
    assert "or add --force. Nothing was changed." in refused.stderr
    home.ok("--reset-artist", key, "--force")
    assert holder.communicate("\n")[0].strip() == "False"
    assert home.statuses()[key] == "pending"


def test_marking_and_prioritising(home: Home) -> None:
    home.scan()
    assert home.ok("--mark-completed", "-Minus-") == '"-Minus-" is marked as completed.\n'
    assert home.manage("--mark-completed", "-Minus-").returncode == 2
    home.ok("--prioritize", "Velvet Harbour")
    assert "[1/1] Velvet Harbour" in home.batch("--batch-size", 1).stdout
    assert home.manage("--prioritize", "Velvet Harbour").returncode == 2
    assert home.manage("--validate-queue").returncode == 0


def test_what_older_rules_completed_is_done_again_after_the_rest(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 3)
    path = home.queue / "processing_queue.json"
    today = f'"rules": {MUSIC.rules},'
    path.write_text(path.read_text().replace(today, '"rules": 1,'))  # an edit by hand
    assert home.ok("--reset-outdated") == "3 artists are pending again.\n"
    left = next(key for key, item in home.snapshot()["artists"].items() if "outdated" not in item)
    assert f"[1/1] {left}" in home.batch("--batch-size", 1).stdout


def test_a_checkpoint_that_cannot_be_of_this_queue_is_refused_before_it_is_put_there(
    finished: Home, tmp_path: Path
) -> None:
    queue = finished.queue / "processing_queue.json"
    before = queue.read_bytes()
    strange = tmp_path / "strange.json"
    strange.write_bytes(before.replace(f'"{finished.music}/-Minus-"'.encode(), b'"/etc"'))
    done = finished.manage("--restore-checkpoint", strange)
    assert done.returncode == 3
    assert "strange.json" in done.stderr
    assert 'artist "-Minus-" has the path "/etc"' in done.stderr
    assert queue.read_bytes() == before
    queue.write_bytes(re.sub(rb'"seq": \d+', b'"seq": %d' % 2**70, before, count=1))
    for action in ("--show-summary", "--validate-queue"):
        done = finished.manage(action)
        assert done.returncode == 3
        assert "$.seq" in done.stdout + done.stderr
    finished.ok("--repair")
    finished.ok("--validate-queue")
    finished.ok("--show-summary")


def test_checkpoints_are_written_listed_and_restored(finished: Home) -> None:
    assert "checkpoint_" in finished.ok("--checkpoint")
    finished.ok("--reset-artist", "-Minus-")
    finished.ok("--checkpoint")
    names = [line.split()[0] for line in finished.ok("--list-checkpoints").splitlines()]
    assert len(names) == 2
    assert names[0].endswith("_artist_013.json")
    finished.ok("--restore-checkpoint", names[1])
    assert set(finished.statuses().values()) == {"completed"}
    finished.ok("--restore-checkpoint", "latest")
    assert finished.statuses()["-Minus-"] == "pending"
    assert finished.manage("--restore-checkpoint", "nothing.json").returncode == 2


def test_cp_restores_and_replay_brings_back(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 4)
    home.ok("--checkpoint")
    home.batch("--batch-size", 5)
    after = home.snapshot()["artists"]
    (checkpoint,) = (home.queue / "checkpoints").glob("*.json")
    shutil.copyfile(checkpoint, home.queue / "processing_queue.json")
    told = home.ok("--validate-queue")
    assert checkpoint.name in told
    assert Counter(home.statuses().values()) == {"completed": 4, "pending": 10}
    (aside,) = (home.queue / "aside").glob("*.json")
    assert aside.name in told
    shown = home.ok("--replay-aside", aside.name)
    assert "5 items of" in shown
    assert len(shown.splitlines()) == 6
    assert Counter(home.statuses().values())["completed"] == 4
    assert "brought back" in home.ok("--replay-aside", aside.name, "--yes")
    for key, item in home.snapshot()["artists"].items():
        assert item.get("report") == after[key].get("report")
        assert item["status"] == after[key]["status"]
    told = home.manage("--validate-queue")
    assert told.returncode == 0
    assert "no longer count" not in told.stdout + told.stderr
    summary = json.loads(home.ok("--show-summary", "--json"))
    assert summary["counts"]["completed"] == 9


def damage_snapshot(home: Home) -> None:
    path = home.queue / "processing_queue.json"
    path.write_bytes(path.read_bytes()[:700])


def lose_snapshot(home: Home) -> None:
    (home.queue / "processing_queue.json").unlink()


def flip_a_bit_in_the_journal(home: Home) -> None:
    home.ok("--reset-artist", "-Minus-")
    journal = sorted((home.queue / "processing_queue.journal").glob("*.jsonl"))[-2]
    data = bytearray(journal.read_bytes())
    data[len(data) // 3] ^= 1
    journal.write_bytes(data)


def lose_a_report(home: Home) -> None:
    (home.path / "issues/music/-Minus-_library_issues.md").unlink(missing_ok=True)
    (home.path / "issues/music/_Minus-_library_issues.md").unlink(missing_ok=True)


def damage_the_history(home: Home) -> None:
    (path,) = (home.queue / "history").glob("*.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b'{"seq": 2, "torn\n', *lines[1:]]))


def damage_a_checkpoint(home: Home) -> None:
    home.ok("--checkpoint")
    (path,) = (home.queue / "checkpoints").glob("*.json")
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    "damage",
    [
        damage_snapshot,
        lose_snapshot,
        flip_a_bit_in_the_journal,
        lose_a_report,
        damage_the_history,
        damage_a_checkpoint,
    ],
)
def test_damage_is_found_named_and_repaired_without_a_loss(finished: Home, damage: object) -> None:
    assert callable(damage)
    damage(finished)
    files = {path for path in finished.path.rglob("*") if path.is_file()}
    found = finished.manage("--validate-queue")
    assert found.returncode == 3
    assert "--repair" in found.stdout
    assert json.loads(finished.manage("--validate-queue", "--json").stdout)["faults"]
    quiet = finished.manage("--validate-queue", "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (3, "", found.stdout)
    repaired = finished.ok("--repair")
    assert "nothing to repair" not in repaired
    sound = finished.manage("--validate-queue")
    assert sound.returncode == 0, sound.stdout
    statuses = Counter(finished.statuses().values())
    assert statuses["completed"] >= 13
    assert sum(statuses.values()) == 14
    assert finished.batch("--all").returncode == 0
    assert set(finished.statuses().values()) == {"completed"}
    assert files  # the fixture made some
    assert finished.ok("--repair") == "Nothing to repair.\n"


def test_damage_amid_a_live_journal_costs_only_what_follows_it(home: Home) -> None:
    home.scan()
    script = (
        "import os; from pathlib import Path; from mediakeep.music.item import MUSIC;"
        "from mediakeep.queue.queue import Queue, locate_queue;"
        "from mediakeep.queue.settle import SettleRequest; from mediakeep.outcome import Outcome;"
        f"q = Queue.open(locate_queue(Path({str(home.queue)!r})), MUSIC); q.begin_session();"
        "[q.settle(c, SettleRequest(Outcome())) for c in q.claim(6)]; os.kill(os.getpid(), 9)"
    )
    env = environment({"PYTHONPATH": str(Path(__file__).parents[2] / "utilities")})
    assert subprocess.run([home.command("")[0], "-c", script], env=env).returncode == -9
    journal = sorted((home.queue / "processing_queue.journal").glob("*.jsonl"))[-1]
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b'"op":"settle"' in lines[6]
    journal.write_bytes(b"".join([*lines[:6], lines[6].replace(b"settle", b"sottle"), *lines[7:]]))
    damaged = journal.read_bytes()
    for done in (home.batch(), home.manage("--validate-queue")):
        assert done.returncode == 3
        assert "damaged at line 7" in done.stdout + done.stderr
    assert journal.read_bytes() == damaged
    told = home.ok("--repair")
    assert "Changes 6 to 8 could not be recovered." in told
    assert any(path.read_bytes() == damaged for path in (home.queue / "aside").iterdir())
    assert Counter(home.statuses().values())["completed"] == 3
    assert home.manage("--validate-queue").returncode == 0
    assert home.batch("--all").returncode == 0
    assert set(home.statuses().values()) == {"completed"}


def test_a_torn_copy_names_the_line_that_restores_the_newest_good_checkpoint(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 4)
    home.ok("--checkpoint")
    before = (home.queue / "processing_queue.json").read_bytes()
    damage_snapshot(home)
    torn = (home.queue / "processing_queue.json").read_bytes()
    done = home.batch()
    assert done.returncode == 3
    (line,) = [line for line in done.stderr.splitlines() if line.strip().startswith("cp ")]
    assert (home.queue / "processing_queue.json").read_bytes() == torn != before
    subprocess.run(line, shell=True, check=True)
    assert home.manage("--validate-queue").returncode == 0
    assert Counter(home.statuses().values()) == {"completed": 4, "pending": 10}
    assert home.batch("--batch-size", 1).returncode == 0
    assert Counter(home.statuses().values()) == {"completed": 5, "pending": 9}


def test_an_unknown_field_is_refused_by_item_and_name(home: Home) -> None:
    home.scan()
    path = home.queue / "processing_queue.json"
    text = path.read_text().replace('"-Minus-": {', '"-Minus-": {\n      "colour": "red",')
    path.write_text(text)
    done = home.manage("--show-summary")
    assert done.returncode == 3
    assert "-Minus-" in done.stderr
    assert "colour" in done.stderr
    assert path.read_text() == text
