"""What is ignored: no new items, and those of an old queue are skipped and kept."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.commands.conftest import Home

RECYCLE = "#recycle"


def reason(home: Home, name: str) -> tuple[str, str]:
    item = home.snapshot()["artists"][name]
    return item["status"], item.get("skip_reason", "")


def test_a_system_folder_in_an_old_queue_is_skipped_with_a_reason(finished: Home) -> None:
    """As a queue of before holds it: it was taken for an artist, and completed."""
    shutil.copytree(finished.music / "Velvet Harbour", finished.music / "Bin")
    finished.scan()
    assert finished.batch("--all").returncode == 0
    (finished.music / "Bin").rename(finished.music / RECYCLE)
    path = finished.queue / "processing_queue.json"
    path.write_text(
        path.read_text().replace('"Bin": {', f'"{RECYCLE}": {{').replace("/Bin", "/#recycle")
    )
    assert reason(finished, RECYCLE) == ("completed", "")
    assert "1 ignored" in finished.scan()
    assert reason(finished, RECYCLE) == ("skipped", "ignored")
    assert finished.snapshot()["artists"][RECYCLE]["report"], "what was found out is kept"
    assert "no changes" in finished.scan()


def test_a_batch_skips_what_is_ignored_since(home: Home) -> None:
    home.scan()
    (home.music / ".mediakeepignore").write_text("/Velvet Harbour\n")
    assert home.batch("--all").returncode == 0
    assert reason(home, "Velvet Harbour") == ("skipped", "ignored")
    stem = home.snapshot()["artists"]["Velvet Harbour"]["output_name"]
    assert not (home.path / "outputs" / f"{stem}_audit.json").exists()
    (home.music / ".mediakeepignore").unlink()
    assert "1 returned" in home.scan()
    assert home.statuses()["Velvet Harbour"] == "pending"


def test_a_folder_that_was_emptied_is_skipped_and_returns(finished: Home) -> None:
    finished.music.joinpath("Velvet Harbour").rename(finished.path / "kept")
    finished.music.joinpath("Velvet Harbour").mkdir()
    assert "1 ignored" in finished.scan()
    assert reason(finished, "Velvet Harbour") == ("skipped", "empty")
    finished.music.joinpath("Velvet Harbour").rmdir()
    (finished.path / "kept").rename(finished.music / "Velvet Harbour")
    assert "1 returned" in finished.scan()
    assert reason(finished, "Velvet Harbour") == ("completed", "")


def test_a_flag_goes_over_the_environment_and_that_over_the_file(home: Home) -> None:
    def found(*words: str, env: dict[str, str] | None = None) -> int:
        done = home.call("music_queue_manager", "--scan", home.music, "--json", *words, env=env)
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["total"])

    every = found()
    (home.path / "mediakeep.toml").write_text('ignore = "Velvet*, VELVET*"\n')
    fewer = found("--yes")
    assert fewer < every
    assert found("--yes", env={"MEDIAKEEP_IGNORE": "Velvet Harbour"}) == every - 1
    assert found("--ignore", "none such", env={"MEDIAKEEP_IGNORE": "*"}) == every


def test_a_worker_reads_an_artist_as_the_scan_saw_it(home: Home) -> None:
    """Else the fingerprints differed, and each scan would find it changed."""
    album = next(path for path in (home.music / "Velvet Harbour").iterdir() if path.is_dir())
    (home.path / "mediakeep.toml").write_text(f'ignore = "{album.name}/"\n')
    home.scan()
    before = home.snapshot()["artists"]["Velvet Harbour"]
    assert home.batch("--artist", "Velvet Harbour").returncode == 0
    audit = home.path / "outputs" / f"{before['output_name']}_audit.json"
    assert album.name not in audit.read_text()
    assert home.snapshot()["artists"]["Velvet Harbour"]["track_count"] == before["track_count"]
    assert "no changes" in home.scan()


@pytest.mark.real_disk
def test_refused_links_are_named_and_change_what_leads_there(finished: Home) -> None:
    (finished.path.parent / "disk2").mkdir()
    shutil.move(finished.music / "Velvet Harbour", finished.path.parent / "disk2")
    artist = finished.music / "Velvet Harbour"
    artist.symlink_to(finished.path.parent / "disk2" / artist.name)
    assert "no changes" in finished.scan()
    (finished.path / "mediakeep.toml").write_text('links = "refuse"\n')
    assert (
        "1 ignored.\n1 link out of the library not followed: 'Velvet Harbour'." in finished.scan()
    )
    assert reason(finished, artist.name) == ("skipped", "ignored")
    done = finished.call("music_queue_manager", "--scan", finished.music, "--json")
    assert json.loads(done.stdout)["refused_links"] == [artist.name]
    done = finished.call("process_artist", artist, "--links", "follow")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("door", ["music_queue_manager", "movie_queue_manager"])
def test_a_bad_pattern_is_refused_with_its_name(home: Home, door: str) -> None:
    done = home.call(door, "--scan", home.music, "--ignore", "a,!b")
    assert done.returncode == 2
    assert '"!b"' in done.stderr
    assert not home.queue.exists()


@pytest.mark.parametrize("door", ["music_queue_manager", "movie_queue_manager"])
def test_twins_in_two_unicode_forms_are_named(home: Home, door: str) -> None:
    """Copies from a Mac and from elsewhere look the same, and are two folders on Linux."""
    library = home.path.parent / "library"
    for name in ("Mot\u00f6rhead", "Moto\u0308rhead", "MOT\u00d6RHEAD", "Plain"):
        folder = library / name
        folder.mkdir(parents=True)
        (folder / f"{len(name)} a.mp3").write_bytes(b"x")
        (folder / f"{name}.mkv").write_bytes(b"x")
    if len(list(library.iterdir())) < 4:
        return  # this file system takes them for one
    done = home.call(door, "--scan", library)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "Unicode" in line]
    assert len(lines) == 1
    assert lines[0].startswith("'Mot\u00f6rhead' exists 2 times")
    told = json.loads(home.call(door, "--scan", library, "--json").stdout)
    assert sorted(told["twins"][0]) == ["Moto\u0308rhead", "Mot\u00f6rhead"]
    (library / "Moto\u0308rhead").rename(library / "Other")
    again = home.call(door, "--scan", library)
    assert "Unicode" not in again.stdout
    assert "twins" not in json.loads(home.call(door, "--scan", library, "--json").stdout)
