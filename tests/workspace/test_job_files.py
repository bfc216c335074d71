"""Working folders are found by their key, list their owner, and are removed with care."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep.errors import WorkingFilesChanged
from mediakeep.workspace import job_files, quarantine
from mediakeep.workspace.job_files import SOURCE_FILES, JobFiles, StateFile, WorkingDirs
from mediakeep.workspace.manifest import build_manifest
from mediakeep.workspace.output_records import get_converted_tracks, record_output
from mediakeep.workspace.verified_copy import copy_to_source
from tests.workspace import trees


@pytest.fixture
def working(tmp_path: Path) -> Path:
    return tmp_path / "working"


@pytest.fixture
def dirs(working: Path, tmp_path: Path) -> WorkingDirs:
    """Working folders with a finished copy."""
    dirs = JobFiles(working, "Sigur Rós/2002 ( )").create("Sigur Rós - ( )")
    manifest = copy_to_source(trees.make_tree(tmp_path / "Album"), dirs.source)
    SOURCE_FILES.save(dirs.state, manifest)
    job_files.create_processed_structure(manifest, dirs.processed)
    return dirs


def test_names_are_valid_everywhere_and_found_again_by_the_key(working: Path) -> None:
    dirs = JobFiles(working, "key").create('AC/DC: "Live?"' + "é" * 200)
    assert re.fullmatch(r"AC_DC_.* \[[0-9a-f]{8}\]_source", dirs.source.name)
    assert len(dirs.processed.name.encode()) < 200
    assert JobFiles(working, "key").create("Another title") == dirs
    other = JobFiles(working, "other key").create('AC/DC: "Live?"' + "é" * 200)
    assert other.source != dirs.source
    undecodable = JobFiles(working, "third key").create(trees.UNDECODABLE)
    undecodable.source.name.encode()
    for key, made in (("key", dirs), ("other key", other), ("third key", undecodable)):
        assert JobFiles(working, key).find() == made


def test_folders_without_a_record_are_those_of_no_item(working: Path) -> None:
    dirs = JobFiles(working, "key").create("Album")
    (dirs.state / job_files.OWNER_FILE).unlink()
    assert dirs.source.is_dir()
    assert JobFiles(working, "key").find() is None
    (dirs.state / job_files.OWNER_FILE).write_text("{")
    with pytest.raises(WorkingFilesChanged, match=r"owner\.json .*Delete it"):
        JobFiles(working, "key").find()


def test_outputs_have_the_folders_of_the_source(dirs: WorkingDirs) -> None:
    folders = {path.name for path in dirs.processed.iterdir()}
    assert folders == {"CD1", "CD2", "empty"}
    assert build_manifest(dirs.processed).files == ()


def test_finished_outputs_are_found_by_their_records(dirs: WorkingDirs) -> None:
    names = ["CD1/01.opus", f"CD2/{trees.UNDECODABLE}", "CD1/linked.opus", "CD1/gone.opus"]
    for name in names:
        (dirs.processed / name).write_bytes(b"sound")
        record_output(dirs, dirs.processed / name, "recipe", {"samples": 441})
    (dirs.processed / "CD1" / "unrecorded.opus").write_bytes(b"sound")
    found = get_converted_tracks(dirs)
    assert set(found) == {"CD1/01.opus", "CD2/caf\\xE9.flac", "CD1/linked.opus", "CD1/gone.opus"}
    assert found["CD1/01.opus"].recipe == "recipe"
    assert found["CD1/01.opus"].facts == {"samples": 441}
    (dirs.processed / "CD1" / "01.opus").write_bytes(b"SOUND")
    (dirs.processed / "CD1" / "gone.opus").unlink()
    (dirs.processed / "CD1" / "linked.opus").rename(dirs.processed / "elsewhere.opus")
    (dirs.processed / "CD1" / "linked.opus").symlink_to("../elsewhere.opus")
    assert set(get_converted_tracks(dirs)) == {"CD2/caf\\xE9.flac"}
    assert set(get_converted_tracks(dirs, check_hashes=False)) == {
        "CD1/01.opus",
        "CD2/caf\\xE9.flac",
    }


def test_a_damaged_record_means_that_its_output_is_made_again(dirs: WorkingDirs) -> None:
    (dirs.processed / "a.opus").write_bytes(b"sound")
    record_output(dirs, dirs.processed / "a.opus", "recipe", {})
    (record,) = (dirs.state / "outputs").iterdir()
    record.write_text("{")
    assert get_converted_tracks(dirs) == {}


def test_a_clean_up_removes_all_but_files_that_users_changed(
    dirs: WorkingDirs, working: Path
) -> None:
    (dirs.source / "mine.txt").write_text("mine")
    with pytest.raises(WorkingFilesChanged, match=r"mine\.txt .*Nothing was removed"):
        job_files.remove_working_dirs(dirs)
    (dirs.source / "mine.txt").unlink()
    (dirs.source / "cover.jpg").unlink()
    job_files.remove_working_dirs(dirs)
    assert list(working.iterdir()) == []
    job_files.remove_working_dirs(dirs)


def test_a_clean_up_follows_no_links(dirs: WorkingDirs, tmp_path: Path) -> None:
    victim = trees.make_tree(tmp_path / "victim")
    before = trees.contents(victim)
    (dirs.processed / "link").symlink_to(victim)
    dirs.source.rename(tmp_path / "moved")
    dirs.source.symlink_to(victim)
    with pytest.raises(WorkingFilesChanged):
        job_files.remove_working_dirs(dirs)
    (dirs.state / "source.json").unlink()
    job_files.remove_working_dirs(dirs)
    assert trees.contents(victim) == before
    assert not dirs.source.is_symlink()


def test_folders_that_are_set_aside_go_to_quarantine(dirs: WorkingDirs, working: Path) -> None:
    entries = job_files.set_aside_working_dirs(dirs, working)
    assert [entry.original_path for entry in entries] == [dirs.source, dirs.processed, dirs.state]
    assert JobFiles(working, "Sigur Rós/2002 ( )").find() is None
    quarantine.restore_entry(working, entries[0])
    assert dirs.source.is_dir()


def test_a_value_is_stored_in_the_state_folder(dirs: WorkingDirs) -> None:
    plan = StateFile("plan.json", dict[str, int], "Run again.")
    compact = StateFile("plans/1.json", dict[str, int], is_indented=False)
    for file in (plan, compact):
        assert file.load(dirs.state) is None
        file.save(dirs.state, {"a": 1})
        assert file.require(dirs.state) == {"a": 1}
    assert (dirs.state / "plan.json").read_bytes() == b'{\n  "a": 1\n}'
    assert (dirs.state / "plans" / "1.json").read_bytes() == b'{"a":1}'
    for file in (plan, compact):
        (dirs.state / file.name).write_bytes(b'{"a":')
    assert compact.load(dirs.state) is None  # it is made again
    with pytest.raises(WorkingFilesChanged, match=r"plan\.json .* Run again\."):
        plan.load(dirs.state)
    for file in (plan, compact):
        file.remove(dirs.state)
        with pytest.raises(WorkingFilesChanged, match="is not as recorded: it is missing"):
            file.require(dirs.state)


def test_the_folders_of_an_item_are_listed_and_removed(working: Path) -> None:
    files = JobFiles(working, "key", "Reset the item.")
    assert not files.remove()
    with pytest.raises(WorkingFilesChanged, match=r"folders are gone\. Reset the item\."):
        files.require()
    dirs = files.create("Album")
    assert files.list_folders() == [dirs.source, dirs.processed, dirs.state]
    assert files.remove()
    assert files.list_folders() == list(working.iterdir()) == []
