"""The copy of a killed writer is gone after the next command, and no other file ever is."""

from __future__ import annotations

import json
import os
import signal
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mediakeep.media import temp_copies
from mediakeep.media.safewrite import file_assembly, write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.temp_copies import FOLDER, TempCopies
from mediakeep.media.undo.store import UndoStore
from mediakeep_samples.music import track_files
from tests.commands.conftest import Home
from tests.crash import tagger
from tests.crash.tagger import RANDOM, Loop, Order
from tests.music import shelf

POINTS = tagger.POINTS.keys() - {"folder synced"}  # which comes in one folder of that name only
ARTISTS = ("Anna", "Vera")
STARTS: dict[str, Callable[[Home], Any]] = {
    "scan": lambda home: home.manage("--scan", home.music),
    "batch": lambda home: home.call("process_music_batch", "--all", "--workers", 1),
    "undo": lambda home: home.call("undo_changes", "--since", "2999-01-01"),
    "fix": lambda home: home.call("fix_metadata", "genre", home.music, "Folk", "--yes"),
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    for artist in ARTISTS:
        for number, suffix in enumerate(("mp3", "flac", "opus"), 1):
            path = home.music / artist / "Dawn" / f"0{number} Tide.{suffix}"
            shelf.put(path, artist=artist, albumartist=artist, album="Dawn", genre="Rock")
    home.scan()
    return home


def store(home: Home) -> Path:
    return home.path / "status" / "undo"


def list_strays(home: Home) -> list[Path]:
    return [path for path in home.music.rglob("*") if path.suffix == ".tmp"]


def list_notes(home: Home) -> list[Path]:
    return list((store(home) / FOLDER).iterdir())


class Workspace:
    """Kills writers, and starts a command after each; one writer at a time."""

    def __init__(self, home: Home) -> None:
        self.home, self.left = home, Counter[str]()
        self.files = sorted(path for path in home.music.rglob("0*") if path.is_file())

    def order(self, number: int) -> Order:
        chance = Random(number)
        points = [RANDOM, *sorted(POINTS)]
        path, image = self.files[number % len(self.files)], chance.randbytes(90_000)
        image = b"\x89PNG\r\n\x1a\n" + image
        point = points[number % len(points)]
        return Order(path, self.home.path / "status", image, number, point)

    def judge(self, order: Order) -> str:
        """Return what the next command leaves; the commands take turns."""
        name = list(STARTS)[self.left.total() % len(STARTS)]
        self.left["stray" if list_strays(self.home) else "none"] += 1
        STARTS[name](self.home)
        ends = f"left by {name}" if list_strays(self.home) else "clean"
        return ends if not list_notes(self.home) else f"{ends}, notes"


@pytest.mark.loop
@pytest.mark.parametrize("kills", [24, pytest.param(300, marks=pytest.mark.slow)])
def test_the_next_command_removes_what_a_killed_writer_left(home: Home, kills: int) -> None:
    workspace = Workspace(home)
    result = Loop(workspace.order, workspace.judge, tagger.safely, workers=1).run(kills)
    print(f"{dict(result.kills)}, {dict(workspace.left)}, {dict(result.ends)}")
    assert result.failures == []
    assert set(result.kills) == {RANDOM, *POINTS}
    assert workspace.left["stray"] >= kills // 4  # most points are in the middle of a copy
    assert result.ends == {"clean": kills}


# What is never removed


@pytest.fixture
def writer(home: Home) -> Iterator[int]:
    """A process that stopped during a copy; it is killed at the end, unless it was before."""
    path = home.music / "Vera" / "Dawn" / "01 Tide.mp3"
    order = Order(
        path, home.path / "status", track_files.read_seed_file("cover.png"), 1, "copy made"
    )
    ready, told = os.pipe()
    child = os.fork()
    if not child:
        _write_halfway(order, told)
    os.read(ready, 1)
    yield child
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready), os.close(told)


def _write_halfway(order: Order, told: int) -> None:
    """Stop for good when a copy is being written."""

    def halfway(*_: object) -> None:
        os.write(told, b"x")
        signal.pause()

    try:
        file_assembly.write_parts = halfway
        write_tags.write(
            order.path,
            [SetField("title", ("Flood",))],
            UndoStore(order.home / "undo"),
            queue="music",
        )
    finally:
        os._exit(1)


@pytest.mark.parametrize("start", STARTS)
def test_the_copy_of_a_living_writer_stays(home: Home, writer: int, start: str) -> None:
    (copy,) = list_strays(home)
    STARTS[start](home)
    assert list_strays(home) == [copy]
    assert list_notes(home)


def test_a_lock_on_the_copy_alone_keeps_it_too(home: Home, writer: int) -> None:
    (copy,) = list_strays(home)
    (note,) = list_notes(home)
    forged = note.with_name("000000000000.paths")
    forged.write_bytes(note.read_bytes())
    assert temp_copies.remove_abandoned(store(home)) == 0
    assert list_strays(home) == [copy]
    assert forged.exists()  # it is asked again later


def test_only_hidden_copies_that_are_noted_are_removed(home: Home) -> None:
    album = home.music / "Vera" / "Dawn"
    ours, theirs = album / ".0123456789ab.tmp", album / ".ba9876543210.tmp"
    named = [album / name for name in (".notes.tmp", ".my_own_draft.tmp", "0123456789ab.tmp")]
    linked, folder = album / ".aaaaaaaaaaaa.tmp", album / ".bbbbbbbbbbbb.tmp"
    for path in (ours, theirs, *named):
        path.write_bytes(b"half")
    linked.symlink_to(named[0])
    folder.mkdir()
    gone = album / ".cccccccccccc.tmp"
    noted = [ours, *named, linked, folder, gone, album / "01 Tide.mp3", Path(".dddddddddddd.tmp")]
    note(home, *noted)
    assert temp_copies.remove_abandoned(store(home)) == 1
    assert not ours.exists()
    assert all(path.exists() for path in (theirs, *named, linked, folder, album / "01 Tide.mp3"))


def note(home: Home, *paths: Path) -> Path:
    folder = store(home) / FOLDER
    folder.mkdir(parents=True)
    path = folder / "0123456789ab.paths"
    path.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in paths))
    return path


def test_a_copy_on_a_disk_that_is_not_mounted_stays_noted(home: Home) -> None:
    album = home.music / "Vera" / "Dawn"
    copy = album / ".0123456789ab.tmp"
    copy.write_bytes(b"half")
    there = note(home, copy)
    home.music.rename(home.music.with_name("unmounted"))
    assert temp_copies.remove_abandoned(store(home)) == 0
    assert there.exists()
    home.music.with_name("unmounted").rename(home.music)
    assert temp_copies.remove_abandoned(store(home)) == 1
    assert not there.exists()


def test_names_that_are_no_text_are_noted_too(home: Home) -> None:
    folder = home.music / "Vera" / "line\nbreak" / shelf.odd_name(home.music)
    folder.mkdir(parents=True)
    copies = TempCopies(store(home) / FOLDER)
    path = temp_copies.new_copy_path(folder / "a.mp3")
    with copies.register(path):
        path.write_bytes(b"half")
        (there,) = list_notes(home)
        data = there.read_bytes()
    copies.close()
    assert list_notes(home) == []
    there.write_bytes(data)
    assert temp_copies.remove_abandoned(store(home)) == 1
    assert not path.exists()


def test_a_process_that_ends_well_leaves_no_note(home: Home) -> None:
    with closing(UndoStore(store(home))) as there:
        path = home.music / "Vera" / "Dawn" / "01 Tide.mp3"
        write_tags.write(path, [SetField("title", ("Flood",))], there, queue="music")
        assert len(list_notes(home)) == 1
    assert list_notes(home) == []
    assert list_strays(home) == []


def test_a_backup_takes_no_notes_along(home: Home, tmp_path: Path) -> None:
    note(home, home.music / ".0123456789ab.tmp")
    (tmp_path / "to").mkdir()
    path = json.loads(home.ok("--backup", tmp_path / "to", "--json"))["path"]
    with tarfile.open(path) as packed:
        assert [name for name in packed.getnames() if name.endswith(".paths")] == []
