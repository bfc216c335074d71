"""The commands as users run them, in processes of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediakeep import clock, size_text
from mediakeep.config import ENV_PREFIX
from tests import job_home
from tests.albums.test_albums import ALBUM, OUTPUTS, check_published
from tests.albums.test_interrupted import ARCHIVED
from tests.crash.gate import Gate
from tests.job_kinds import AlbumHome

MANAGER = "album_queue_manager.py"
_SCRIPTS = Path(__file__).parents[2] / "utilities"
_PATIENCE = 300.0  # seconds; it decides no result, but ends a test that hangs
_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(ENV_PREFIX)}


def command(albums: AlbumHome, script: str, *words: object) -> list[str]:
    return [sys.executable, str(_SCRIPTS / script), "--home", str(albums.path), *map(str, words)]


def run(albums: AlbumHome, script: str, *words: object, code: int = 0) -> str:
    """Run a script, and return what it printed."""
    done = subprocess.run(
        command(albums, script, *words),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_PATIENCE,
        env=_ENVIRONMENT,
    )
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def convert(albums: AlbumHome, *words: object, code: int = 0) -> str:
    return run(albums, "convert_albums.py", *words, code=code)


def write_config(albums: AlbumHome) -> Path:
    """Write the settings as YAML; the archive keeps its default, which is none."""
    path = albums.path / "conversion.yaml"
    path.write_text(
        f"paths:\n  input_dir: {albums.library}\n  output_dir: {albums.output}\n"
        f"  archive_dir: {albums.archive}\nprocessing:\n  cleanup_working_on_success: false\n"
    )
    return path


def test_a_scan_without_a_path_takes_that_of_the_settings(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    printed = convert(albums, "--config", write_config(albums), "--scan", "--dry-run")
    assert ALBUM in printed


@pytest.mark.long
def test_a_killed_command_is_listed_and_continues(albums: AlbumHome, tmp_path: Path) -> None:
    albums.make(ALBUM)
    config = write_config(albums)
    gate = Gate(tmp_path / "gate", 1, names="replace", paths="/02 T.opus")
    words = command(albums, "convert_albums.py", "--config", config, "--workers", "1")
    environment = {**_ENVIRONMENT, **gate.environment}
    process = subprocess.Popen(words, env=environment, start_new_session=True)
    gate.kill(process, group=True)
    (listed,) = json.loads(
        convert(albums, "--list-resumable", "--json", "--config", config)
    ).values()
    assert (listed["stage"], listed["progress"]) == ("converting", "1 of 2 tracks converted")
    out = convert(albums, "--config", config, "--resume", "--workers", "2")
    assert "[1/1] Art/One: 2 tracks in opus" in out
    check_published(albums)
    kept = convert(albums, "--list-cleanup", "--config", config).splitlines()
    assert [line.rpartition("_")[2] for line in kept] == ["source", "state"]
    assert convert(albums, "--cleanup", "--config", config).count("Removed ") == 2
    assert albums.working_folders() == []
    assert "completed" in run(albums, "album_queue_manager.py", "--list")


def test_settings_that_do_not_fit_are_refused_with_exit_code_2(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    library = albums.library
    assert "No output folder" in convert(albums, library, code=2)
    inside = convert(albums, library, "--output", library / "new", code=2)
    assert "is in the library" in inside
    words = ("--output", albums.output, "--archive", albums.archive, "--delete-original")
    assert "verification" in convert(albums, library, *words, "--verify", "none", code=2)
    bad = convert(albums, library, "--output", albums.output, "--profile", "mp4", code=2)
    assert "Unknown profile 'mp4'. Use one of: opus, mp3-v0" in bad
    assert job_home.names(albums.output) == []
    assert not (albums.path / "status").exists()  # nor is there a queue


def test_a_dry_run_of_a_mirror_shows_what_goes_to_quarantine(albums: AlbumHome) -> None:
    albums.make("Art/One", "Art/Two", "Art/Three", tracks=1)
    words = (albums.library, "--output", albums.output, "--profile", "keep", "--mirror")
    convert(albums, *words)
    shutil.rmtree(albums.library / "Art" / "Two")
    before = job_home.contents(albums.root)
    out = convert(albums, *words, "--dry-run").splitlines()
    assert out[:2] == [
        "The scan would be refused: 1 of 3 albums would vanish. Check that the library is mounted."
        " If that is right, add --yes. Nothing was changed.",
        "Outputs of vanished sources that would be moved to quarantine: Art/Two.",
    ]
    (prepared, *_) = map(json.loads, convert(albums, *words, "--dry-run", "--json").splitlines())
    assert prepared["removed"] == ["Art/Two"]
    assert "add --yes" in prepared["refused"]
    assert job_home.contents(albums.root) == before
    assert "add --yes" in convert(albums, *words, code=2)
    moved = "Outputs of vanished sources moved to quarantine: Art/Two."
    assert convert(albums, *words, "--yes").splitlines()[1] == moved
    assert sorted(path.name for path in (albums.output / "Art").iterdir()) == ["One", "Three"]


def test_a_dry_run_names_albums_that_would_fail(albums: AlbumHome) -> None:
    albums.make("Art/None", "Art/Some")
    for name in ("None/01 T.flac", "None/02 T.flac", "Some/01 T.flac"):
        (albums.library / "Art" / name).write_bytes(b"fLaC")
    words = command(albums, "convert_albums.py", albums.library, "--output", albums.output)

    def list_results(*more: str) -> list[str]:
        done = subprocess.run(
            [*words, "--dry-run", *more], capture_output=True, text=True, env=_ENVIRONMENT
        )
        assert done.returncode == 1
        return [line for line in done.stdout.splitlines() if line[0] == "[" or "final" in line]

    none, some = list_results()
    assert none.startswith("[1/2] Art/None: failed: 2 of 2 tracks cannot be read. 01 T.flac: ")
    assert some.startswith("[2/2] Art/Some: failed: 1 of 2 tracks cannot be read. 01 T.flac: ")
    kept = list_results("--keep-going")
    assert kept == [none, "[2/2] Art/Some: planned", f"    finalizing: {albums.output}"]


def test_an_album_that_is_named_is_converted_again_and_keeps_its_old_output(
    albums: AlbumHome,
) -> None:
    albums.make(ALBUM)
    words = (albums.library, "--output", albums.output, "--existing", "refuse", "--album", ALBUM)
    for _ in range(2):
        assert "[1/1] Art/One: 2 tracks in opus" in convert(albums, *words)
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    assert job_home.quarantined(albums.output) == [str(albums.output / ALBUM)]


@pytest.mark.long
def test_texts_of_a_failed_album(albums: AlbumHome) -> None:
    albums.make("Art/Good", "Art/Bad")
    (albums.library / "Art" / "Bad" / "01 T.flac").write_bytes(b"fLaC")
    words = command(albums, "convert_albums.py", albums.library, "--output", albums.output)
    done = subprocess.run(words, capture_output=True, text=True, env=_ENVIRONMENT)
    assert done.returncode == 1
    home = f"--home {albums.path}"
    assert done.stdout.splitlines()[-2:] == [
        "Failed: 1 album",
        f"Show why: python utilities/album_queue_manager.py {home} --list --status error."
        f" Try again: python utilities/convert_albums.py {home} --retry-failed.",
    ]
    listed = run(albums, "album_queue_manager.py", "--list", "--status", "error")
    assert "1 of 2 tracks not converted" in listed
    shown = run(albums, "album_queue_manager.py", "--show-album", "Art/Good")
    assert "  attempts: completed 1\n" in shown
    assert "\n  completed in " in shown
    first, *_ = run(albums, "album_queue_manager.py", "--show-summary").splitlines()
    assert first == f"Album library {albums.library}"
    status = json.loads(run(albums, "album_queue_manager.py", "--show-summary", "--json"))
    assert not {"issues", "reviews", "awaiting"} & status.keys()
    resumable = convert(albums, "--output", albums.output, "--list-resumable").splitlines()
    assert resumable[0] == "Art/Bad: next stage converting; 1 of 2 tracks converted; failed"
    assert max(map(len, resumable)) <= 104
    *_, ended = convert(albums, "--output", albums.output, "--json").splitlines()
    assert not {"auto_fixed", "lookup_note"} & json.loads(ended).keys()


def test_what_was_rolled_back_is_listed_and_restored(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    before = job_home.contents(albums.output)
    size = sum(path.stat().st_size for path in (albums.output / ALBUM).rglob("*"))
    assert run(albums, MANAGER, "--list-quarantine") == "Nothing is in quarantine.\n"
    convert(albums, "--rollback", ALBUM, "--yes")
    assert job_home.names(albums.output) == []
    listed = [
        re.split("  +", line) for line in run(albums, MANAGER, "--list-quarantine").splitlines()
    ]
    ids = {what.removeprefix("rolled back: "): one for one, *_, what in listed}
    output, archive = str(albums.output / ALBUM), str(albums.archive / ALBUM)
    entries = json.loads(run(albums, MANAGER, "--list-quarantine", "--json"))
    assert size == next(one["bytes"] for one in entries if one["path"] == output)
    assert [line[1:3] for line in listed] == [
        [clock.format_local(one["date"]), size_text.format_size(one["bytes"])] for one in entries
    ]
    assert ids.keys() == {output, archive}
    restored = run(albums, MANAGER, "--restore-quarantined", ids[output])
    assert restored == f"Restored: {output}\n"
    assert job_home.contents(albums.output) == before
    assert "fits 0 entries" in run(albums, MANAGER, "--restore-quarantined", ids[output], code=2)
    (albums.archive / ALBUM).mkdir(parents=True)
    assert "exists already" in run(albums, MANAGER, "--restore-quarantined", archive, code=1)
    (albums.archive / ALBUM).rmdir()
    run(albums, MANAGER, "--restore-quarantined", archive)
    assert job_home.names(albums.archive / ALBUM) == ARCHIVED
    assert run(albums, MANAGER, "--list-quarantine", "--json") == "[]\n"
