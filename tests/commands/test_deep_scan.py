"""Deep scans, as a person runs them: damage found, changes told, sounds accepted."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest

from mediakeep.app.music import isolated_worker
from mediakeep.runner.batch_config import ExecutionLimits
from mediakeep_samples.music import track_files
from tests.commands.conftest import Home
from tests.music import shelf
from tests.sampling import some

SUFFIXES = (*shelf.FORMATS, "wav")


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    """An artist with a sound in each format, different ones, and a cover."""
    folder = tmp_path / "music" / "Vera"
    shelf.put_album(folder / "Dusk", "Three", suffix="flac")
    for suffix in shelf.FORMATS:
        shelf.put(folder / "Dawn" / f"a.{suffix}", title=suffix)
    (folder / "Dawn" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    with wave.open(str(folder / "Dawn" / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(256)) * 60)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hear in this process: to start another, which its own tests watch, costs most of a scan."""
    monkeypatch.setattr(isolated_worker, "ExecutionLimits", lambda inline: ExecutionLimits())


def deep(home: Home, folder: Path, *words: str) -> str:
    """Run a deep scan of an artist; return what it printed."""
    done = home.call("process_artist", folder, "--deep", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def issues(home: Home, *kinds: str) -> dict[str, str]:
    """Return the issues of these kinds in the audit, by file: kind and detail."""
    audit = json.loads((home.path / "outputs" / "Vera_audit.json").read_text())
    return {
        found["path"]: f"{found['kind']} {found['detail']}".strip()
        for found in audit["issues"]
        if found["kind"] in (kinds or ("decode-error", "essence-changed"))
    }


def ledger(home: Home, query: str = "SELECT place, essence FROM sound") -> dict[str, Any]:
    base = sqlite3.connect(home.path / "status" / "music" / "essence.db")
    rows = dict(base.execute(query).fetchall())
    base.close()
    return rows


def flip(path: Path) -> None:
    """Change one bit of the sound behind everybody's back, as a bad disk does."""
    change_sound(path, 1, 4)


def change_sound(path: Path, count: int, mask: int) -> None:
    """Change bytes of the sound, and leave the file's time as it was."""
    facts, content = path.stat(), bytearray(path.read_bytes())
    marks = {".m4a": b"mdat", ".wav": b"data"}  # in others, the audio reaches to the end
    mark = marks.get(path.suffix)
    begin = content.index(mark) + 1000 if mark else len(content) - 400
    for at in range(begin, begin + count):
        content[at] ^= mask
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def test_a_first_deep_scan_finds_nothing_and_records_every_sound(place: Home, artist: Path) -> None:
    done = place.run("process_artist", artist, "--deep")
    assert done.returncode == 0, done.stderr
    assert "Report: " in done.stdout
    assert issues(place) == {}
    assert set(ledger(place)) == {*(f"Dawn/a.{s}" for s in SUFFIXES), "Dusk/01 Three.flac"}
    before = ledger(place, "SELECT place, essence || payload || size || first FROM sound")
    deep(place, artist)
    assert ledger(place, "SELECT place, essence || payload || size || first FROM sound") == before
    assert issues(place) == {}


def test_one_changed_bit_is_found_in_every_format(place: Home, artist: Path) -> None:
    deep(place, artist)
    for suffix in SUFFIXES:
        flip(artist / "Dawn" / f"a.{suffix}")
    deep(place, artist)
    changed = issues(place, "essence-changed")
    assert set(changed) == {f"Dawn/a.{suffix}" for suffix in SUFFIXES}
    for detail in changed.values():
        assert detail.endswith(
            "size and time of the file are unchanged, so disk or memory damaged it"
        )
    assert {"Dawn/a.flac", "Dawn/a.ogg", "Dawn/a.opus"} <= set(issues(place, "decode-error"))


def test_tag_edits_never_change_the_sound(place: Home, artist: Path) -> None:
    deep(place, artist)
    for suffix in shelf.FORMATS:
        shelf_file = mutagen.File(artist / "Dawn" / f"a.{suffix}", easy=True)
        shelf_file["title"] = ["A title that is much longer than all padding " * 100]
        shelf_file.save()
    deep(place, artist)
    assert issues(place) == {}
    sizes = ledger(place, "SELECT place, size FROM sound")
    assert sizes["Dawn/a.mp3"] == (artist / "Dawn" / "a.mp3").stat().st_size


def test_files_that_are_renamed_within_the_artist_raise_no_alarm(place: Home, artist: Path) -> None:
    deep(place, artist)
    before = ledger(place)
    (artist / "Dawn").rename(artist / "Early")
    (artist / "Early" / "a.mp3").rename(artist / "b.mp3")
    deep(place, artist)
    after = ledger(place)
    assert issues(place) == {}
    assert after["b.mp3"] == before["Dawn/a.mp3"]
    assert after["Early/a.flac"] == before["Dawn/a.flac"]
    assert len(after) == len(before)


@pytest.mark.parametrize("suffix", some(["mp3", "flac", "wav"], 3))
def test_a_file_that_changed_while_its_folder_was_renamed_is_told_wherever_it_goes(
    place: Home, artist: Path, suffix: str
) -> None:
    deep(place, artist)
    before = ledger(place)
    shutil.copy2(artist / "Dawn" / f"a.{suffix}", artist.parent / "backup")
    change_sound(artist / "Dawn" / f"a.{suffix}", 40, 0xFF)
    (artist / "Dawn").rename(artist / "Dawn (1999)")
    for _ in range(2):
        deep(place, artist)
        told = issues(place, "essence-changed")
        assert set(told) == {f"Dawn (1999)/a.{suffix}"}
        assert "size and time of the file are unchanged" in told[f"Dawn (1999)/a.{suffix}"]
        moved = {name.replace("Dawn/", "Dawn (1999)/"): sound for name, sound in before.items()}
        assert ledger(place) == moved
    (artist / "Dawn (1999)").rename(artist / "Dawn")
    deep(place, artist)
    assert set(issues(place, "essence-changed")) == {f"Dawn/a.{suffix}"}
    assert ledger(place) == before
    shutil.copy2(artist.parent / "backup", artist / "Dawn" / f"a.{suffix}")
    deep(place, artist)
    assert issues(place) == {}


def test_a_file_that_cannot_be_heard_keeps_its_sound(place: Home, artist: Path) -> None:
    deep(place, artist)
    true = ledger(place)
    sound = (artist / "Dawn" / "a.mp3").read_bytes()
    (artist / "b.mp3").write_bytes(sound)
    (artist / "Dawn" / "a.mp3").write_bytes(b"")
    deep(place, artist)
    assert ledger(place) == {**true, "b.mp3": true["Dawn/a.mp3"]}


def replace_by_another(path: Path) -> None:
    path.write_bytes(track_files.read_seed_file("chord.mp3"))


def test_another_sound_is_told_until_it_is_accepted(place: Home, artist: Path) -> None:
    deep(place, artist)
    true = ledger(place)["Dawn/a.mp3"]
    replace_by_another(artist / "Dawn" / "a.mp3")
    for _ in range(2):
        deep(place, artist)
        told = issues(place)
        assert set(told) == {"Dawn/a.mp3"}
        assert "essence-changed the audio differs from that of 20" in told["Dawn/a.mp3"]
        assert "; the file was modified on 20" in told["Dawn/a.mp3"]
        assert ledger(place)["Dawn/a.mp3"] == true
    assert "Accepted: Dawn/a.mp3\n" in deep(place, artist, "--accept-sound")
    assert issues(place) == {}
    assert ledger(place)["Dawn/a.mp3"] != true
    assert "Accepted" not in deep(place, artist, "--accept-sound")
    assert issues(place) == {}


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


@pytest.mark.parametrize(
    ("name", "damage", "kind"),
    [
        ("Dawn/a.flac", flip, "decode-error"),
        pytest.param("Dawn/a.ogg", flip, "decode-error", marks=pytest.mark.slow),
        pytest.param("Dawn/a.flac", cut_off, "truncated-audio", marks=pytest.mark.slow),
        pytest.param("Dawn/a.opus", cut_off, "truncated-audio", marks=pytest.mark.slow),
    ],
)
def test_a_damaged_sound_is_never_accepted(
    place: Home, artist: Path, name: str, damage: Callable[[Path], None], kind: str
) -> None:
    deep(place, artist)
    true = ledger(place)
    damage(artist / name)
    replace_by_another(artist / "Dawn" / "a.mp3")
    for _ in range(2):
        told = deep(place, artist, "--accept-sound")
        why = issues(place, kind)[name].removeprefix(f"{kind} ")
        assert f"Not accepted: {name} ({kind}: {why})\n" in told
        assert set(issues(place, "essence-changed")) == {name}
        assert ledger(place)[name] == true[name]
    assert ledger(place)["Dawn/a.mp3"] != true["Dawn/a.mp3"]
    data = json.loads(deep(place, artist, "--accept-sound", "--json"))
    assert data["not_accepted"] == {name: f"{kind}: {why}"}


def test_the_old_sound_brought_back_needs_no_acceptance(place: Home, artist: Path) -> None:
    deep(place, artist)
    shutil.copy2(artist / "Dawn" / "a.mp3", artist.parent / "backup")
    flip(artist / "Dawn" / "a.mp3")
    deep(place, artist)
    assert issues(place)
    shutil.copy2(artist.parent / "backup", artist / "Dawn" / "a.mp3")
    deep(place, artist)
    assert issues(place) == {}


def test_what_was_found_is_told_by_other_scans_until_the_file_changes(
    place: Home, artist: Path
) -> None:
    deep(place, artist)
    flip(artist / "Dawn" / "a.flac")
    deep(place, artist)
    found = issues(place), issues(place, "decode-error")
    assert set(found[1]) == {"Dawn/a.flac"}
    done = place.call("process_artist", artist)
    assert done.returncode == 0
    assert (issues(place), issues(place, "decode-error")) == found
    shelf.put(artist / "Dawn" / "a.flac", title="flac")
    assert place.call("process_artist", artist).returncode == 0
    assert issues(place) == {}


def files_of(home: Home) -> set[str]:
    return {str(path.relative_to(home.path)) for path in home.path.rglob("*") if path.is_file()}


def test_a_dry_run_compares_and_records_nothing(place: Home, artist: Path) -> None:
    deep(place, artist, "--dry-run")
    assert files_of(place)
    assert all(name.startswith("status/cache/") for name in files_of(place))
    deep(place, artist)
    before = ledger(place, "SELECT place, essence || last || size FROM sound")
    flip(artist / "Dawn" / "a.mp3")
    (artist / "Dawn" / "new.mp3").write_bytes(track_files.read_seed_file("drops.mp3"))
    assert "1 essence-changed" in deep(place, artist, "--dry-run")
    told = deep(place, artist, "--dry-run", "--accept-sound")
    assert "1 essence-changed" in told
    assert "Would accept: Dawn/a.mp3\n" in told
    assert "\nAccepted" not in told
    data = json.loads(deep(place, artist, "--dry-run", "--accept-sound", "--json"))
    assert data["would_accept"] == ["Dawn/a.mp3"]
    assert ledger(place, "SELECT place, essence || last || size FROM sound") == before
    assert ledger(place, "SELECT place, damage FROM finding") == {}


def test_a_copy_elsewhere_does_not_speak_for_the_artist(place: Home, artist: Path) -> None:
    assert place.manage("--scan", artist.parent).returncode == 0
    deep(place, artist)
    other = shutil.copytree(artist, artist.parents[1] / "backup" / "Vera")
    for words in (("--deep",), ("--deep", "--accept-sound")):
        refused = place.call("process_artist", other, *words)
        assert refused.returncode == 2
        assert f"The essence database has {artist}" in refused.stderr
    flip(other / "Dawn" / "a.mp3")
    assert "1 essence-changed" in deep(place, other, "--dry-run")
    # A link to the artist's own folder is that folder.
    (artist.parents[1] / "link").mkdir()
    (artist.parents[1] / "link" / "Vera").symlink_to(artist)
    deep(place, artist.parents[1] / "link" / "Vera")


def test_accepting_needs_a_deep_scan(place: Home, artist: Path) -> None:
    refused = place.call("process_artist", artist, "--accept-sound")
    assert refused.returncode == 2
    assert refused.stderr == "--accept-sound needs --deep: only a deep scan decodes the audio.\n"


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize("words", [("--deep",), pytest.param((), marks=pytest.mark.slow)])
def test_a_damaged_ledger_stops_the_batch_with_its_cure(
    place: Home, artist: Path, words: tuple[str, ...]
) -> None:
    deep(place, artist)
    path = place.path / "status" / "music" / "essence.db"
    damage(path)
    before = path.read_bytes()
    place.scan()
    done = place.batch(*words)
    assert done.returncode == 3
    assert str(path) in done.stderr
    assert "Restore a backup" in done.stderr
    assert path.read_bytes() == before
    assert place.statuses() == {"Vera": "pending"}
    path.unlink()
    assert place.batch(*words).returncode == 0
