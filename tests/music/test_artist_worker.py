"""The music worker reads, diagnoses and reports an artist idempotently, and changes no music."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path, PurePath

import msgspec
import pytest

from mediakeep import path_text
from mediakeep.errors import LibraryMissing, Unreadable
from mediakeep.item import Status
from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.music import process, scan
from mediakeep.music.item import MusicItem
from mediakeep.music.process import MusicWorkerConfig
from mediakeep.outcome import Outcome
from mediakeep_samples.music import music_library, track_files
from tests.music import shelf


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shelf.put_album(tmp_path / "music" / "Vera" / "Dawn", "One", tracknumber="1/2")
    other = {**shelf.HEALTHY, "title": "Two", "album": "Dawn", "tracknumber": "2/2"}
    (tmp_path / "music" / "Vera" / "Dawn" / "02 Two.mp3").write_bytes(
        track_files.render_track(track_files.SampleTrack(PurePath("a.mp3"), "chord", other))
    )
    shelf.put(tmp_path / "music" / "Vera" / "Dusk" / "a.opus", title=" x", date=None)
    return tmp_path / "music"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def run(folder: Path, home: Path, *, write: bool = True, output_name: str = "") -> Outcome:
    with process.open_worker(MusicWorkerConfig(home=home, write=write)) as worker:
        outcome = worker(shelf.work(folder, output_name), lambda _done, _of: None)
    assert isinstance(outcome, Outcome)
    return outcome


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder with its time, but for caches, which may come and go."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.parent != folder / "status" / "cache"
    }


def test_the_outcome_has_counts_issues_and_the_report_path(root: Path, home: Path) -> None:
    outcome = run(root / "Vera", home)
    issues = {"missing-cover": 1, "missing-date": 1, "whitespace": 1}
    assert outcome.state is Status.COMPLETED
    assert outcome.message == "3 tracks, 0 auto-fixes, 3 manual reviews"
    assert outcome.data == {
        "track_count": 3,
        "album_count": 2,
        "unread_count": 0,
        "issues_found": 3,
        "issues_resolved": 0,
        "repaired": 0,
        "auto_fixed": 0,
        "manual_reviews": 3,
        "issues": issues,
        "notes": 1,
        "albums_matched": 0,
        "albums_tied": 0,
        "albums_unsure": 0,
        "albums_unknown": 0,
        "fields_filled": 0,
        "report": "issues/music/Vera_library_issues.md",
        "lookup": "pending",
        "mbid": "",
        "fingerprint": scan.read_artist(root / "Vera").fingerprint,
    }
    assert outcome.facts == {
        "tracks": 3,
        "albums": 2,
        "issues_found": 3,
        "issues_resolved": 0,
        "auto_fixed": 0,
        "manual_reviews": 3,
        "issues": issues,
        "notes": 1,
        "repairs": {},
        "unasked": f"MusicBrainz not queried: {DISABLED.catalogue.disabled_reason}.",
    }
    assert outcome.open_ids == tuple(sorted(outcome.open_ids))
    assert len(set(outcome.open_ids)) == 3


def test_the_data_of_an_outcome_fits_the_item(root: Path, home: Path) -> None:
    data = run(root / "Vera", home).data
    item = msgspec.convert({"status": "completed", **data}, MusicItem)
    assert item.issues == data["issues"]


def test_a_count_of_one_is_written_in_the_singular(tmp_path: Path, home: Path) -> None:
    shelf.put(tmp_path / "Vera" / "Dawn" / "a.mp3", title=None, picture="cover.jpg")
    assert run(tmp_path / "Vera", home).message == "1 track, 0 auto-fixes, 1 manual review"


def test_report_and_audit_are_written_below_the_home_under_the_items_name(
    root: Path, home: Path
) -> None:
    outcome = run(root / "Vera", home, output_name="Vera_2")
    assert set(contents(home)) == {
        "issues/music/Vera_2_library_issues.md",
        "outputs/Vera_2_audit.json",
        "outputs/Vera_2_audit.csv",
    }
    audit = json.loads((home / "outputs/Vera_2_audit.json").read_text())
    assert audit["report"] == outcome.data["report"] == "issues/music/Vera_2_library_issues.md"
    decisions = [entry["id"] for entry in audit["issues"] if entry["severity"] != "note"]
    assert sorted(decisions) == list(outcome.open_ids)


def test_a_second_run_gives_the_same_outcome_and_rewrites_nothing(root: Path, home: Path) -> None:
    first = run(root / "Vera", home)
    before = contents(home)
    assert run(root / "Vera", home) == first
    assert contents(home) == before


def test_two_homes_get_the_same_bytes(root: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(root / "Vera", tmp_path / name)
    one, two = (bare(tmp_path / name) for name in ("one", "two"))
    assert one == two


def bare(home: Path) -> dict[str, bytes]:
    """Return the files of a home, without the home's name in the commands to paste."""
    named = f" --home {home}".encode()
    return {name: text.replace(named, b"") for name, (text, _) in contents(home).items()}


def test_a_change_in_the_library_reaches_the_files(root: Path, home: Path) -> None:
    first = run(root / "Vera", home)
    shelf.put(root / "Vera" / "Dusk" / "a.opus", picture="cover.jpg")
    second = run(root / "Vera", home)
    gone = {"missing-cover", "missing-date", "whitespace"}
    assert not gone & set(second.data["issues"])
    assert set(second.open_ids) < set(first.open_ids)
    assert second.data["fingerprint"] != first.data["fingerprint"]
    assert "missing-date" not in (home / second.data["report"]).read_text()


def test_a_dry_run_decides_the_same_and_writes_nothing_but_caches(root: Path, home: Path) -> None:
    dry = run(root / "Vera", home, write=False)
    assert contents(home) == {}
    assert [path.name for path in home.iterdir()] == ["status"]
    assert dry == run(root / "Vera", home)


def test_the_library_itself_is_never_touched(root: Path, home: Path) -> None:
    before = contents(root)
    run(root / "Vera", home)
    assert contents(root) == before


def test_a_vanished_folder_is_skipped_with_the_reason(root: Path, home: Path) -> None:
    outcome = run(root / "Gone", home)
    assert outcome.state is Status.SKIPPED
    assert outcome.message == "the folder has vanished"
    assert outcome.data == {"skip_reason": "vanished"}


def test_a_library_that_is_gone_or_empty_is_no_vanished_artist(tmp_path: Path, home: Path) -> None:
    with pytest.raises(LibraryMissing, match="missing"):
        run(tmp_path / "unmounted" / "Vera", home)
    (tmp_path / "unmounted").mkdir()
    (tmp_path / "unmounted" / ".keep").write_text("x")
    with pytest.raises(LibraryMissing, match="empty"):
        run(tmp_path / "unmounted" / "Vera", home)
    assert contents(home) == {}


def test_a_folder_that_refuses_is_an_error_with_path_and_cure(root: Path, home: Path) -> None:
    for suffix in ("x", "y"):
        shutil.copytree(root / "Vera", root / suffix)
    refused = root / "x" / "Dawn"
    run(root / "x", home)  # import all modules before the rights are dropped
    with (
        process.open_worker(MusicWorkerConfig(home=home, write=True)) as worker,
        shelf.deny_access(refused),
        pytest.raises(Unreadable, match="chmod"),
    ):
        worker(shelf.work(root / "x"), lambda _done, _of: None)


def test_the_opening_can_be_sent_to_another_process(root: Path, home: Path) -> None:
    opening = pickle.loads(
        pickle.dumps(partial(process.open_worker, MusicWorkerConfig(home=home, write=True)))
    )
    with opening() as worker:
        assert worker(shelf.work(root / "Vera"), lambda _done, _of: None).data["track_count"] == 3


def test_progress_is_reported_while_an_artist_is_read(root: Path, home: Path) -> None:
    told: list[tuple[int, int]] = []
    with process.open_worker(MusicWorkerConfig(home=home, write=True)) as worker:
        worker(shelf.work(root / "Vera"), lambda done, of: told.append((done, of)))
    assert told[-3:] == [(1, 3), (2, 3), (3, 3)]


def test_names_that_no_file_system_shares_give_files_inside_the_home(
    tmp_path: Path, home: Path
) -> None:
    names = ("..x", "-rf", "a\nb", "x" * 255, 'a"b', "CON", shelf.odd_name(tmp_path))
    for name in names:
        shelf.put_album(tmp_path / "music" / name / "Dawn", "One")
        run(tmp_path / "music" / name, home)
    written = list((home / "outputs").iterdir())
    assert len(written) == 2 * len(names)
    assert len(list((home / "issues" / "music").iterdir())) == len(names)
    assert all(os.fsencode(path.name).decode().isprintable() for path in written)


def test_the_sample_library_comes_out_as_it_was_planted(tmp_path: Path, home: Path) -> None:
    manifest = music_library.make_library(tmp_path / "music")
    expected = Counter(
        (defect.kind, path_text.escape_path(defect.path)) for defect in manifest.planted
    )
    counts: Counter[tuple[str, str]] = Counter()
    notes: set[str] = set()
    for artist in scan.find_artists(tmp_path / "music"):
        run(Path(path_text.unescape_path(artist.path)), home, output_name=artist.fingerprint)
        audit = json.loads((home / "outputs" / f"{artist.fingerprint}_audit.json").read_bytes())
        for issue in audit["issues"]:
            if issue["severity"] == "note":
                notes.add(issue["kind"])
            else:
                place = issue["path"] or issue["album"]
                counts[(issue["kind"], f"{artist.key}/{place}")] += 1
    assert counts == expected
    assert notes == {"external-cover-not-embedded", "mixed-formats", "name-not-portable"}


def test_a_command_that_only_names_the_worker_starts_without_parsers_and_templates() -> None:
    code = (
        "import sys; import mediakeep.music.process;"
        "print([name for name in ('mutagen', 'jinja2', 'pathvalidate') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
