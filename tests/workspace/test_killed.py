"""Each operation is ended before each of its calls: its target is absent or whole.

Done again, all is finished, and nothing is left behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.workspace import folder_owners, job_files, moves, publish, quarantine
from mediakeep.workspace.folder_owners import FolderOwner
from mediakeep.workspace.job_files import SOURCE_FILES, JobFiles, WorkingDirs
from mediakeep.workspace.manifest import Manifest, build_manifest
from mediakeep.workspace.publish import ExistingPolicy, PublishRules
from mediakeep.workspace.verified_copy import copy_to_source
from tests.crash import gate
from tests.sampling import each_row
from tests.workspace import trees

_CLEAN_UP = """
import os, sys
from pathlib import Path
from mediakeep.workspace import job_files

def die(event, args):
    if event != "os.remove" or os.path.basename(args[0]) != job_files.OWNER_FILE:
        return
    if dirs.state.joinpath(job_files.OWNER_FILE).exists():
        os._exit(9)

dirs = job_files.JobFiles(Path(sys.argv[1]), "key").find()
sys.addaudithook(die)
job_files.remove_working_dirs(dirs)
"""
OLD = {"empty": None, "old.flac": b"old"}


def list_dirs(working: Path) -> list[WorkingDirs]:
    stems = {path.name.rpartition("_")[0] for path in working.iterdir()}
    return [WorkingDirs.from_stem(working, stem) for stem in stems]


class Scene:
    """A source and a target, either of which may be on another file system."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source, self.target = source / "made" / "Album", target / "out" / "Album"
        self.folders = [source / "made", target / "out"]
        self.manifest = Manifest(())
        self.whole: trees.Contents = {}

    def prepare(self) -> None:
        trees.make_tree(self.source)
        self.manifest = build_manifest(self.source)
        self.whole = trees.contents(self.source)

    def check_whole_or_absent(self) -> None:
        if self.target.exists():
            found = trees.contents(self.target)
            found.pop(publish.METADATA_FILE, None)
            assert found == self.whole
        else:
            assert trees.contents(self.source) == self.whole

    def names(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.iterdir())


@pytest.fixture
def other_disk(disk_folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=disk_folder))


def test_a_copy_to_the_working_folder(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)

    def act() -> None:
        scene.target.mkdir(exist_ok=True)
        assert copy_to_source(scene.source, scene.target) == scene.manifest

    def check() -> None:
        assert trees.contents(scene.source) == scene.whole
        found = trees.contents(scene.target) if scene.target.exists() else {}
        finished = {name: data for name, data in found.items() if not name.endswith(".tmp")}
        assert finished.items() <= scene.whole.items()

    assert trees.die_at_each_call(scene.folders, scene.prepare, act, check) > 20
    assert trees.contents(scene.target) == scene.whole


def test_an_archive(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)

    def act() -> None:
        publish.copy_to_archive(scene.source, scene.target, scene.manifest, {"name": "Album"})

    calls = trees.die_at_each_call(scene.folders, scene.prepare, act, scene.check_whole_or_absent)
    assert calls > 25
    assert scene.names() == ["Album"]
    assert trees.contents(scene.source) == scene.whole


def test_a_move_within_a_file_system(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)

    def act() -> None:
        publish.move_to_output(scene.source, scene.target, scene.manifest)

    calls = trees.die_at_each_call(scene.folders, scene.prepare, act, scene.check_whole_or_absent)
    assert calls > 8
    assert scene.names() == ["Album"]
    assert not scene.source.exists()


def test_a_move_to_another_file_system(tmp_path: Path, other_disk: Path) -> None:
    scene = Scene(other_disk, tmp_path)

    def act() -> None:
        publish.move_to_output(scene.source, scene.target, scene.manifest)

    calls = trees.die_at_each_call(scene.folders, scene.prepare, act, scene.check_whole_or_absent)
    assert calls > 30
    assert scene.names() == ["Album"]
    assert not scene.source.exists()


def test_a_replaced_output_is_at_its_place_or_in_quarantine(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)
    root = scene.target.parent
    rules = PublishRules(ExistingPolicy.REPLACE)

    def prepare() -> None:
        scene.prepare()
        trees.make_tree(scene.target, {"old.flac": b"old"})

    def act() -> None:
        publish.move_to_output(scene.source, scene.target, scene.manifest, rules)

    def check() -> None:
        kept = [
            trees.contents(root / quarantine.FOLDER / entry.id / "content")
            for entry in quarantine.list_entries(root)
        ]
        if scene.target.exists() and trees.contents(scene.target) == OLD:
            assert kept == []
        else:
            assert kept == [OLD]
            scene.check_whole_or_absent()

    assert trees.die_at_each_call(scene.folders, prepare, act, check) > 15
    assert trees.contents(scene.target) == scene.whole


@pytest.mark.parametrize("is_other_disk", [False, True])
def test_an_owner_is_recorded_with_its_folder(
    tmp_path: Path, other_disk: Path, is_other_disk: bool
) -> None:
    scene = Scene(other_disk if is_other_disk else tmp_path, tmp_path)
    owner = FolderOwner("Album", "/home", "/music/Album")
    note = tmp_path / "note"
    rules = PublishRules(owner=owner, record=note)

    def act() -> None:
        publish.move_to_output(scene.source, scene.target, scene.manifest, rules)

    def check() -> None:
        if scene.target.exists():
            assert publish.is_published(scene.target, scene.manifest)
            assert folder_owners.read_owners(scene.target) == (owner,)
            assert publish.read_recorded_target(note) == scene.target
        else:
            assert publish.is_published(scene.source, scene.manifest)

    assert trees.die_at_each_call(scene.folders, scene.prepare, act, check) > 12
    assert not scene.source.exists()
    folder_owners.remove_owners_file(scene.target)
    assert trees.contents(scene.target) == scene.whole


def test_a_single_file(tmp_path: Path) -> None:
    source, target = tmp_path / "made" / "Book.m4b", tmp_path / "out" / "Book.m4b"
    manifests: list[Manifest] = []

    def prepare() -> None:
        source.write_bytes(b"sound")
        manifests.append(build_manifest(source))

    def act() -> None:
        publish.move_to_output(source, target, manifests[-1])

    def check() -> None:
        places = [path for path in (source, target) if path.exists()]
        assert places
        assert all(path.read_bytes() == b"sound" for path in places)

    assert trees.die_at_each_call([source.parent, target.parent], prepare, act, check) > 3
    assert not source.exists()


def test_a_restore_and_an_expiry_of_the_quarantine(tmp_path: Path) -> None:
    path, root = tmp_path / "library" / "Album", tmp_path / "library"

    def prepare() -> None:
        quarantine.move_to_quarantine(trees.make_tree(path), root, "replaced")

    def restore() -> None:
        for entry in quarantine.list_entries(root):
            quarantine.restore_entry(root, entry)

    def check() -> None:
        entries = quarantine.list_entries(root)
        at = path if not entries else root / quarantine.FOLDER / entries[0].id / "content"
        assert len(trees.contents(at)) == len(trees.FILES) + 3

    assert trees.die_at_each_call([root], prepare, restore, check) > 4
    assert path.exists()

    def check_entry() -> None:
        if entries := quarantine.list_entries(root):
            check()
            assert len(entries) == 1

    def expire() -> None:
        quarantine.expire_entries(root, -1)

    assert trees.die_at_each_call([root], prepare, expire, check_entry) > 8
    assert list(root.iterdir()) == []


def test_a_clean_up(tmp_path: Path) -> None:
    working = tmp_path / "working"

    def prepare() -> None:
        dirs = JobFiles(working, "key").create("Album")
        SOURCE_FILES.save(
            dirs.state, copy_to_source(trees.make_tree(tmp_path / "made" / "Album"), dirs.source)
        )

    def act() -> None:
        for dirs in list_dirs(working):
            job_files.remove_working_dirs(dirs)

    def check() -> None:
        assert all(
            JobFiles(working, "key").find() == dirs
            for dirs in list_dirs(working)
            if dirs.source.is_dir() or dirs.processed.is_dir()
        )

    assert trees.die_at_each_call([working, tmp_path / "made"], prepare, act, check) > 10
    assert list(working.iterdir()) == []


def test_the_owner_is_removed_after_all_other_files(tmp_path: Path) -> None:
    dirs = JobFiles(tmp_path, "key").create("Album")
    for number in range(8):
        (dirs.state / f"{number}.json").touch()
    owner = dirs.state / job_files.OWNER_FILE
    shutil.move(shutil.copy(owner, tmp_path / "owner"), owner)  # now it is the newest file
    environment = {**os.environ, "PYTHONPATH": "utilities"}
    killed = subprocess.run(
        [sys.executable, "-c", _CLEAN_UP, str(tmp_path)],
        env=environment,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == 9
    assert [path.name for path in dirs.state.iterdir()] == [job_files.OWNER_FILE]
    job_files.remove_working_dirs(dirs)
    assert list(tmp_path.iterdir()) == []


def test_the_creation_of_working_folders(tmp_path: Path) -> None:
    working = tmp_path / "working"
    created = []

    def act() -> None:
        created.append(JobFiles(working, "key").create("Album"))

    assert trees.die_at_each_call([working], lambda: None, act, lambda: None) > 5
    assert set(created) == {created[0]}
    (dirs,) = set(created)
    assert list_dirs(working) == [dirs] == [JobFiles(working, "key").find()]
    assert dirs.source.is_dir()
    assert dirs.processed.is_dir()


def test_a_plain_copy_is_found_half_finished(tmp_path: Path) -> None:
    scene = Scene(tmp_path, tmp_path)

    def act() -> None:
        shutil.copytree(scene.source, scene.target, dirs_exist_ok=True)

    with pytest.raises(AssertionError):
        trees.die_at_each_call(scene.folders, scene.prepare, act, scene.check_whole_or_absent)


def test_a_killed_process_leaves_a_folder_that_the_next_one_removes(tmp_path: Path) -> None:
    """A real kill: the lock of the hidden folder ends with its process, and not before."""
    scene = Scene(tmp_path, tmp_path)
    for folder in scene.folders:
        folder.mkdir()
    scene.prepare()
    code = (
        "import sys; from pathlib import Path; from mediakeep.workspace import manifest, publish;"
        "source, target = map(Path, sys.argv[1:]);"
        "publish.copy_to_archive(source, target, manifest.build_manifest(source), {})"
    )
    stopped = gate.Gate(tmp_path / "gate", 1, names="replace", paths=r"\.part/content\n")
    environment = {**os.environ, **stopped.environment}
    line = [sys.executable, "-c", code, str(scene.source), str(scene.target)]
    process = subprocess.Popen(line, env=environment)
    stopped.reach(process)
    (part,) = scene.names()
    assert moves.remove_abandoned_parts(scene.target.parent) == 0
    assert scene.names() == [part]
    stopped.kill(process)
    assert not scene.target.exists()
    publish.copy_to_archive(scene.source, scene.target, scene.manifest, {})
    assert scene.names() == ["Album"]
    scene.check_whole_or_absent()


@each_row(
    "act",
    [
        lambda scene: publish.copy_to_archive(scene.source, scene.target, scene.manifest, {}),
        lambda scene: publish.move_to_output(scene.source, scene.target, scene.manifest),
    ],
)
def test_a_kill_behind_the_rename_leaves_no_hidden_folder_for_good(
    tmp_path: Path, act: Callable[[Scene], Path]
) -> None:
    scene = Scene(tmp_path, tmp_path)
    for folder in scene.folders:
        folder.mkdir()
    scene.prepare()
    shutil.copytree(scene.source, scene.target)
    (scene.target.parent / ".mediakeep-0123456789ab.part").mkdir()
    act(scene)
    assert scene.names() == ["Album"]
    scene.check_whole_or_absent()
