"""The worker makes the safe repairs, counts them by the undo records, and changes nothing else."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import mutagen
import pytest
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import DiskFull
from mediakeep.item import Status
from mediakeep.media import ignore_rules
from mediakeep.media.audio import tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import diagnose, process, scan
from mediakeep.music.item import MusicItem
from mediakeep.music.repairs import history, proposals, safe
from mediakeep.music.repairs.locks import LOCK_FILE, FieldLocks
from mediakeep.music.worker_context import MusicWorkerConfig
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.policy import FixLevel, WritePolicy
from tests.media import mutations_sounds as small
from tests.music import shelf

SAFE = WritePolicy(fix=FixLevel.SAFE)
STAMP = Stamp("20261121_session_001", "Vera", claim=7, first_claim=7)


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    folder = tmp_path / "music" / "Vera"
    shelf.put(folder / "Dawn" / "01 One.mp3", title="  Low  Tide")
    shelf.put(folder / "Dusk" / "a.opus", title="Night ")
    return folder


def run(
    artist: Path, policy: WritePolicy = SAFE, stamp: Stamp = STAMP, repaired: int = 0, **more: Any
) -> Outcome:
    home = artist.parents[1] / "home"
    home.mkdir(exist_ok=True)
    item = MusicItem(
        status=Status.IN_PROGRESS,
        path=path_text.escape_path(artist),
        output_name="Vera",
        repaired=repaired,
    )
    places = MusicWorkerConfig(home, more.pop("write", True), policy=policy, **more)
    with process.open_worker(places) as worker:
        outcome = worker(Work(item, stamp), lambda _done, _of: None)
    assert isinstance(outcome, Outcome)
    return outcome


def store(artist: Path) -> UndoStore:
    return UndoStore(artist.parents[1] / "home" / "status" / "undo")


def state(artist: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in artist.rglob("*")
        if path.is_file()
    }


def report(artist: Path) -> str:
    folder = artist.parents[1] / "home" / "issues" / "music"
    return (folder / "Vera_library_issues.md").read_text()


def plain_report(artist: Path) -> str:
    """Return the report without escapes, as names of temporary folders may have "_" anywhere."""
    return report(artist).replace("\\", "")


def issues(artist: Path) -> list[dict[str, str]]:
    path = artist.parents[1] / "home" / "outputs" / "Vera_audit.json"
    data: list[dict[str, str]] = json.loads(path.read_text())["issues"]
    return data


def test_safe_repairs_are_made_counted_and_reported(artist: Path) -> None:
    outcome = run(artist)
    assert tags.read(artist / "Dusk" / "a.opus").tags.title == ("Night",)
    assert outcome.data["auto_fixed"] == outcome.data["issues_resolved"] == 2
    assert outcome.data["issues_found"] == 2 + outcome.data["manual_reviews"]
    assert outcome.data["repaired"] == STAMP.first_claim
    assert outcome.facts["repairs"] == {"whitespace": 2}
    assert "whitespace" not in outcome.data["issues"]
    assert "2 auto-fixes" in outcome.message
    report_result = report(artist)
    assert "2 repairs in 2 files; the audio is unchanged." in report_result
    assert "undo_changes.py" in report_result
    assert "--artist Vera --session 20261121_session_001" in report_result
    assert '(title " Low Tide"' not in report_result
    assert 'title "Night " → "Night"' in report_result


def test_the_second_run_writes_nothing_and_moves_no_time(artist: Path) -> None:
    run(artist)
    before = state(artist)
    records = len(store(artist).find(RecordQuery()))
    again = run(artist, stamp=structs.replace(STAMP, claim=9, first_claim=9))
    assert state(artist) == before
    assert len(store(artist).find(RecordQuery())) == records
    assert again.data["auto_fixed"] == again.data["repaired"] == 0
    assert "## Repaired" not in report(artist)


def test_a_dry_run_shows_every_change_and_writes_nothing_but_caches(artist: Path) -> None:
    before = state(artist)
    outcome = run(artist, write=False)
    assert state(artist) == before
    home = artist.parents[1] / "home"
    assert [path.name for path in home.iterdir()] == ["status"]
    assert [path.name for path in (home / "status").iterdir()] == ["cache"]
    assert outcome.data["auto_fixed"] == 2
    lines = {line["field"]: line for plan in outcome.facts["due"] for line in plan["changes"]}
    assert lines["title"]["new"] in (("Night",), ("Low Tide",))
    assert {plan["path"] for plan in outcome.facts["due"]} == {
        str(artist / "Dawn" / "01 One.mp3"),
        str(artist / "Dusk" / "a.opus"),
    }


def test_without_leave_nothing_is_repaired_and_it_is_proposed(artist: Path) -> None:
    before = state(artist)
    outcome = run(artist, WritePolicy(fix=FixLevel.NONE))
    assert state(artist) == before
    assert outcome.data["auto_fixed"] == 0
    offered = {
        issue["path"]: issue["proposal"]
        for issue in issues(artist)
        if issue["kind"] == "whitespace"
    }
    assert offered == {"Dawn/01 One.mp3": 'title "Low Tide"', "Dusk/a.opus": 'title "Night"'}
    assert "--accept whitespace:" in report(artist)


def test_repairs_are_planned_once_for_files_that_stay_as_they_are(
    artist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, plan = [], safe._plan_repairs
    monkeypatch.setattr(safe, "_plan_repairs", lambda *what: plans.append(what) or plan(*what))
    issues = diagnose.find_issues(read := scan.read_artist(artist), artist.name)
    found = [safe.plan_repairs(read, issues, fix) for fix in (FixLevel.NONE, FixLevel.SAFE)]
    assert proposals.propose_repairs(read, issues)
    assert len(plans) == 1
    assert found[0] is found[1]


def test_repairs_of_a_batch_that_died_are_counted_by_the_one_that_goes_on(artist: Path) -> None:
    run(artist)  # and the batch dies before it settles
    again = run(artist, stamp=structs.replace(STAMP, session="later", claim=12))
    assert again.data["auto_fixed"] == 2
    assert "2 repairs in 2 files" in report(artist)


def test_numbers_of_claims_of_a_former_queue_are_not_taken_for_those_of_this_one(
    artist: Path,
) -> None:
    run(artist)
    later = structs.replace(STAMP, claim=8, since="2999-01-01T00:00:00+00:00")
    assert run(artist, stamp=later).data["auto_fixed"] == 0


def test_a_change_that_was_undone_is_not_made_again_but_waits(artist: Path) -> None:
    before = state(artist)
    run(artist)
    for step in apply_undo.plan_undo(store(artist), RecordQuery(item="Vera")):
        apply_undo.apply_undo(store(artist), step.record)
    assert {path: sha for path, (sha, _) in state(artist).items()} == {
        path: sha for path, (sha, _) in before.items()
    }
    untouched = state(artist)
    outcome = run(artist, stamp=structs.replace(STAMP, claim=9, first_claim=9))
    assert state(artist) == untouched
    reasons = [issue["held"] for issue in issues(artist) if issue["kind"] == "whitespace"]
    assert reasons == ["undone before"] * 2
    assert outcome.data["issues"]["whitespace"] == 2
    assert "Not repaired automatically: undone before" in report(artist)
    redone = run(
        artist, WritePolicy(fix=FixLevel.SAFE, redo=True), structs.replace(STAMP, claim=10)
    )
    assert redone.data["auto_fixed"] == 2


def test_a_note_whose_repair_was_undone_waits_for_a_decision(tmp_path: Path) -> None:
    artist = tmp_path / "music" / "Vera"
    shelf.put_album(artist / "Dawn", "One")
    assert run(artist).facts["repairs"] == {"external-cover-not-embedded": 1}
    for step in apply_undo.plan_undo(store(artist), RecordQuery(item="Vera")):
        apply_undo.apply_undo(store(artist), step.record)
    outcome = run(artist)
    assert outcome.data["issues"] == {"external-cover-not-embedded": 1}


def test_after_a_users_command_the_remaining_repairs_are_counted(artist: Path) -> None:
    first = run(artist)
    step = apply_undo.plan_undo(store(artist), RecordQuery(path=str(artist / "Dusk" / "a.opus")))[0]
    apply_undo.apply_undo(store(artist), step.record)
    stamp = structs.replace(STAMP, claim=20, first_claim=20)
    outcome = run(artist, WritePolicy(), stamp, first.data["repaired"], by_hand=True)
    assert (outcome.data["auto_fixed"], outcome.data["repaired"]) == (1, STAMP.first_claim)


@pytest.mark.parametrize("lock", ["", "title\n", "Title", "nonsense\n"])
def test_a_lock_in_a_folder_keeps_its_files_as_they_are(artist: Path, lock: str) -> None:
    (artist / "Dawn" / LOCK_FILE).write_text(lock)
    before = state(artist / "Dawn")
    assert run(artist).facts["repairs"] == {"whitespace": 1}
    assert state(artist / "Dawn") == before
    (reason,) = (issue["held"] for issue in issues(artist) if issue["kind"] == "whitespace")
    assert reason.startswith(f"{artist / 'Dawn' / LOCK_FILE} locks it")


def test_a_lock_of_other_fields_locks_no_title(artist: Path) -> None:
    (artist / LOCK_FILE).write_text("genre\ncomment\n")
    assert run(artist).facts["repairs"] == {"whitespace": 2}


def test_a_field_can_be_locked_by_a_setting(artist: Path) -> None:
    before = state(artist)
    run(artist, WritePolicy(fix=FixLevel.SAFE, locked_fields=frozenset({"title"})))
    assert state(artist) == before
    assert "Not repaired automatically: a setting locks this field" in report(artist)


@pytest.mark.real_disk
@pytest.mark.parametrize(("links", "repaired"), [("read", 0), ("follow", 2)])
def test_files_behind_links_are_written_only_if_links_are_followed(
    artist: Path, links: str, repaired: int
) -> None:
    elsewhere = artist.parents[1] / "other disk"
    (artist / "Dawn").rename(elsewhere)
    (artist / "Dawn").symlink_to(elsewhere)
    (artist / "Dusk" / "a.opus").rename(elsewhere.parent / "a.opus")
    (artist / "Dusk" / "a.opus").symlink_to(elsewhere.parent / "a.opus")
    before = state(elsewhere)
    outcome = run(artist, WritePolicy(fix=FixLevel.SAFE, links=links))
    assert outcome.data["auto_fixed"] == repaired
    assert (state(elsewhere) == before) is (not repaired)
    held = f"a link leads to it in {elsewhere}, and the setting links is read"
    assert (held in plain_report(artist)) is (not repaired)
    assert (artist / "Dawn").is_symlink()


@pytest.mark.real_disk
@pytest.mark.parametrize(("links", "locked"), [("read", True), ("follow", False)])
def test_a_folder_that_becomes_a_link_between_two_runs_is_locked_in_the_second(
    artist: Path, links: str, locked: bool
) -> None:
    locks, file = FieldLocks(frozenset(), links), artist / "Dusk" / "a.opus"
    assert not locks.find_locks(file)
    elsewhere = artist.parents[1] / "disk2"
    file.parent.rename(elsewhere)
    file.parent.symlink_to(elsewhere)
    assert bool(locks.find_locks(file)) is locked


@pytest.mark.real_disk
@pytest.mark.parametrize(
    ("linked", "told"),
    [
        ("Dawn", "Links lead out of the library: Dawn to {}\n"),
        ("Dusk/a.opus", "Links lead out of the library: Dusk/a.opus to {}\n"),
        ("", "Links lead out of the library: this folder to {}\n"),
    ],
)
def test_the_report_names_links_that_lead_out_of_the_library(
    artist: Path, linked: str, told: str
) -> None:
    run(artist)
    assert "Links lead" not in report(artist)
    elsewhere = artist.parents[1] / "disk2"
    (artist / linked).rename(elsewhere)
    (artist / linked).symlink_to(elsewhere)
    run(artist)
    assert told.format(elsewhere) in plain_report(artist)
    refused = run(artist, ignored=ignore_rules.parse_settings("", "refuse"))
    if linked:
        assert told.replace("\n", " (not followed)\n").format(elsewhere) in plain_report(artist)
    else:
        assert refused.state is Status.SKIPPED


@pytest.mark.real_disk
@pytest.mark.parametrize("linked", ["Dawn/01 One.mp3", "Dawn", ""])
def test_what_becomes_a_link_after_reading_is_not_written_through(
    artist: Path, monkeypatch: pytest.MonkeyPatch, linked: str
) -> None:
    elsewhere = artist.parents[1] / "disk2"
    diagnosed = process.diagnose.find_issues

    def find_and_replace(*arguments: Any) -> Any:
        if not elsewhere.exists():
            (artist / linked).rename(elsewhere)
            (artist / linked).symlink_to(elsewhere)
        return diagnosed(*arguments)

    monkeypatch.setattr(process.diagnose, "find_issues", find_and_replace)
    track = artist / "Dawn" / "01 One.mp3"
    before = track.read_bytes()
    outcome = run(artist)
    assert outcome.data["auto_fixed"] == (0 if not linked else 1)  # the other file is no link
    assert track.read_bytes() == before
    assert "a link was put in its path, changed or removed" in report(artist)
    assert run(artist).data["auto_fixed"]  # read anew, it is repaired where it is


@pytest.mark.parametrize("field", ["title", "album"])
def test_what_another_program_writes_after_reading_is_kept(
    artist: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    diagnosed, track = process.diagnose.find_issues, artist / "Dawn" / "01 One.mp3"
    edited: list[bytes] = []

    def edit_and_find(*arguments: Any) -> Any:
        if not edited:
            file = mutagen.File(track, easy=True)
            file[field] = ["Mine"]
            file.save()
            edited.append(track.read_bytes())
        return diagnosed(*arguments)

    before = scan.read_artist(artist).fingerprint
    monkeypatch.setattr(process.diagnose, "find_issues", edit_and_find)
    outcome = run(artist)
    if field == "title":
        assert track.read_bytes() == edited[0]
        place, told = "Dawn/01 One.mp3", "another program modified it at the same time"
        assert told in outcome.facts["not_written"][place]
        assert outcome.data["fingerprint"] == before
    else:
        assert "not_written" not in outcome.facts
    assert outcome.facts["repairs"]["whitespace"] == (1 if field == "title" else 2)
    assert mutagen.File(track, easy=True)[field] == ["Mine"]


@pytest.mark.parametrize("suffix", ["flac", "ogg", "opus"])
def test_a_total_in_the_number_is_no_change_by_another_program(tmp_path: Path, suffix: str) -> None:
    track = tmp_path / "music" / "Low Tide" / "Dawn" / f"One.{suffix}"
    shelf.put(track, title="One", tracknumber="02/10", picture="cover.jpg")
    audio = mutagen.File(track)
    audio.pop("tracktotal", None)
    audio["tracknumber"] = ["02/10"]
    audio.save()
    outcome = run(track.parent.parent)
    assert "not_written" not in outcome.facts
    assert outcome.facts["repairs"] == {"track-number-format": 1}
    assert mutagen.File(track)["tracknumber"] == ["02"]


@pytest.mark.real_disk
def test_a_file_with_several_names_is_left_alone_and_reported(artist: Path) -> None:
    os.link(artist / "Dusk" / "a.opus", artist.parent / "b.opus")
    before = state(artist / "Dusk")
    assert run(artist).facts["repairs"] == {"whitespace": 1}
    assert state(artist / "Dusk") == before
    assert "it has 2 names (hard links)" in report(artist)
    broken = WritePolicy(fix=FixLevel.SAFE, hardlinks="break")
    assert run(artist, broken, structs.replace(STAMP, claim=8)).data["auto_fixed"] == 2


def test_a_full_disk_ends_the_batch_without_counting_attempts(
    artist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that says that it is full: a really full one is in tests/crash."""
    full = os.statvfs_result((4096, 4096, 100, 0, 0, 10, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    before = state(artist)
    with pytest.raises(DiskFull, match=r"safely: [\d,]+ bytes are needed, 0 are free"):
        run(artist)
    assert state(artist) == before


def test_what_a_reason_says_is_read_back() -> None:
    assert history.kinds_in_reason("mojibake, whitespace: two spaces in a row") == [
        "mojibake",
        "whitespace",
    ]
    assert history.kinds_in_reason("by hand") == []


def test_an_album_that_lost_its_writer_halfway_is_finished(tmp_path: Path) -> None:
    artist = tmp_path / "music" / "Vera"
    shelf.put_album(artist / "Dawn", "One", "Two", "Three")
    untouched = {path.name: path.read_bytes() for path in (artist / "Dawn").glob("*.mp3")}
    run(artist)
    # As if the batch had been killed after the first: the others are as they were, unrecorded.
    log = next((artist.parents[1] / "home" / "status" / "undo").glob("*.jsonl"))
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:2]))
    for name in ("02 Two.mp3", "03 Three.mp3"):
        (artist / "Dawn" / name).write_bytes(untouched[name])
    outcome = run(artist, stamp=structs.replace(STAMP, session="later", claim=9))
    assert outcome.facts["repairs"] == {"external-cover-not-embedded": 3}
    assert all(tags.read(path).tags.pictures for path in (artist / "Dawn").glob("*.mp3"))


def test_an_album_that_the_user_covered_in_part_stays_so(tmp_path: Path) -> None:
    artist = tmp_path / "music" / "Vera"
    shelf.put_album(artist / "Dawn", "One", "Two")
    shelf.put(artist / "Dawn" / "01 One.mp3", picture="cover.jpg")
    assert run(artist).facts["repairs"] == {}


@pytest.mark.real_disk
def test_a_failed_write_is_reported_with_its_reason(artist: Path) -> None:
    os.link(artist / "Dusk" / "a.opus", artist.parent / "b.opus")
    dry = run(artist, write=False)
    outcome = run(artist)
    assert dry.data["auto_fixed"] == outcome.data["auto_fixed"] == 1
    assert outcome.message.endswith(", 1 file not written")
    assert "1 repairable file not changed." in report(artist)
    assert "Dusk/a.opus: it has 2 names (hard links)." in report(artist)


def test_the_copies_of_killed_writers_go_once_they_are_old(artist: Path) -> None:
    run(artist)
    old, young = (artist / "Dusk" / f".{name}.tmp" for name in ("0123456789ab", "ba9876543210"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    run(artist, stamp=STAMP)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_lock_holds_where_a_link_leads(tmp_path: Path) -> None:
    real = tmp_path / "archive" / "Dawn"
    shelf.put(real / "01 One.mp3", title=" Low Tide")
    (tmp_path / "archive" / LOCK_FILE).touch()
    artist = tmp_path / "music" / "Vera"
    artist.mkdir(parents=True)
    (artist / "Dawn").symlink_to(real)
    before = state(real)
    assert run(artist).facts["repairs"] == {}
    assert state(real) == before


def test_a_lock_that_leads_nowhere_locks(artist: Path) -> None:
    (artist / LOCK_FILE).symlink_to("nowhere")
    before = state(artist)
    run(artist)
    assert state(artist) == before


def test_a_cover_that_is_truncated_is_not_embedded(tmp_path: Path) -> None:
    artist = tmp_path / "music" / "Vera"
    shelf.put_album(artist / "Dawn", "One")
    cover = artist / "Dawn" / "cover.jpg"
    cover.write_bytes(cover.read_bytes()[:-60])
    assert run(artist).facts["repairs"] == {}
    assert "the end of the picture is missing" in report(artist)


def test_a_cover_that_was_undone_and_is_truncated_since_costs_no_more_than_itself(
    tmp_path: Path,
) -> None:
    artist = tmp_path / "music" / "Vera"
    shelf.put_album(artist / "Dawn", "One", title=" One")
    run(artist)
    for step in apply_undo.plan_undo(store(artist), RecordQuery(item="Vera")):
        apply_undo.apply_undo(store(artist), step.record)
    cover = artist / "Dawn" / "cover.jpg"
    cover.write_bytes(cover.read_bytes()[:-60])
    assert run(artist).state is Status.COMPLETED
    assert "the end of the picture is missing" in report(artist)


def test_what_is_only_read_gets_no_command_to_write_it(tmp_path: Path) -> None:
    artist = tmp_path / "music" / "Vera"
    (artist / "Dawn").mkdir(parents=True)
    (artist / "Dawn" / "a.oga").write_bytes(small.whole("flac.oga"))
    run(artist)
    reasons = {issue["kind"]: issue["held"] for issue in issues(artist)}
    assert reasons["missing-cover"] == "tags of Ogg FLAC are only read"
    assert "Not repaired automatically: tags of Ogg FLAC are only read" in report(artist)
    assert "embed_cover.py" not in report(artist)


def test_an_artist_that_no_queue_knows_gets_no_command_for_the_list_of_reviews(
    artist: Path,
) -> None:
    unknown = Stamp("session", "Vera", 0, 0)
    run(artist, WritePolicy(), unknown)
    assert "--accept" not in report(artist)
    assert 'Proposed: title "Night".' in report(artist) or "Proposed, such as" in report(artist)
