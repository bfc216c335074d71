"""Whoever writes tags is killed at any moment: each file is the old one or a new one, and whole."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from random import Random

import pytest
from msgspec import structs
from mutagen.ogg import OggPage

from benchmarks import large_flac
from mediakeep import atomic_files, path_text, queue_host_client, queue_host_server
from mediakeep.errors import Unreadable
from mediakeep.media.audio import essence, tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.record import ChangeRecord, parse_line
from mediakeep.media.undo.store import UndoStore
from mediakeep.queue_host_client import HostAddress
from tests.crash import tagger
from tests.crash.tagger import RANDOM, Loop, Order, Write
from tests.media import writable_files

IMAGE = Random("cover").randbytes(400_000)
FORMATS = [
    *("mp3", "v23.mp3", "m4a", "front.m4a", "flac", "mixed.ogg", "opus", "wav", "aiff", "dsf"),
    *("tta", "ape", "wv", "mpc", "full.wma"),
]
FRAME = bytes.fromhex("fffb9064") + bytes(413)
LARGE = 60_000_000


class Workspace:
    """Files that are written to, each with what it was and how it sounds."""

    def __init__(self, root: Path, address: HostAddress | None = None) -> None:
        self.root, self.address = root, address
        self.folder = root / "music"
        self.folder.mkdir()
        self.first: dict[Path, bytes] = {}
        self.sounds: dict[Path, str] = {}
        self.busy: set[Path] = set()

    def put(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.write_bytes(data)
        self.first[path], self.sounds[path] = data, essence.compute_audio_hash(path)

    def order(self, number: int, points: list[str]) -> Order:
        """Every second writer dies at a named point, the others at any time; one a file at once."""
        free = (path for path in cycle(self.first) if path not in self.busy)
        path = next(islice(free, number % len(self.first), None))
        self.busy.add(path)
        point = points[number // 2 % len(points)] if number % 2 and points else RANDOM
        return Order(path, self.root, IMAGE, number, point, self.address)

    def judge(self, order: Order) -> str:
        """Return whether a file is the first one, one that was recorded, or damaged."""
        path = order.path
        self.busy.discard(path)
        digest = sha256(path.read_bytes()).hexdigest()
        try:
            tags.read(path)
            sounds = essence.compute_audio_hash(path) == self.sounds[path]
        except Unreadable:
            sounds = False
        if not sounds or digest not in {sha256(self.first[path]).hexdigest(), *self.recorded(path)}:
            return "damaged"
        return "whole"

    def judge_sound(self, order: Order) -> str:
        """Return the same for files without a record, and start again with a whole file."""
        self.busy.discard(order.path)
        try:
            tags.read(order.path)
            sounds = essence.compute_audio_hash(order.path) == self.sounds[order.path]
        except Unreadable:
            sounds = False
        order.path.write_bytes(self.first[order.path])
        return "whole" if sounds else "damaged"

    def recorded(self, path: Path) -> set[str]:
        lines = [line for log in (self.root / "undo").glob("*.jsonl") for line in log.open("rb")]
        records = (found for line in lines if isinstance(found := parse_line(line), ChangeRecord))
        return {
            record.new.sha256 for record in records if record.path == path_text.escape_path(path)
        }


def kill(workspace: Workspace, kills: int, write: Write = tagger.safely) -> tagger.Result:
    points = list_points(workspace) if write is tagger.safely else []
    judge = workspace.judge if write is tagger.safely else workspace.judge_sound
    return Loop(lambda number: workspace.order(number, points), judge, write).run(kills)


def list_points(workspace: Workspace) -> list[str]:
    """Return where writers die; on another host, they do not write records themselves."""
    return [name for name in tagger.POINTS if not (workspace.address and "record" in name)]


def check(workspace: Workspace, kills: int) -> None:
    """Nothing is damaged, every leftover is swept, and all can be walked back to the first byte."""
    result = kill(workspace, kills)
    print(f"{result.kills.total()} kills: {dict(result.kills)}, {dict(result.ends)}")
    assert result.failures == []
    assert set(result.kills) == {RANDOM, *list_points(workspace)}
    assert result.ends == {"whole": result.kills.total()}
    left = [path for path in workspace.folder.iterdir() if path not in workspace.first]
    assert left  # a kill in the middle of a copy leaves it
    assert all(path.name.startswith(".") and path.suffix == ".tmp" for path in left)
    atomic_files.remove_stale_temp_files(workspace.folder, older=-1)
    assert sorted(workspace.folder.iterdir()) == sorted(workspace.first)
    store = UndoStore(workspace.root / "undo")
    for step in apply_undo.plan_undo(store, RecordQuery()):
        assert step.refusal == "", step
        apply_undo.apply_undo(store, step.record)
    assert {path: path.read_bytes() for path in workspace.first} == workspace.first


@pytest.mark.loop
def test_no_kill_costs_a_note_or_leaves_a_half_written_tag(memory: Path) -> None:
    workspace = Workspace(memory)
    for name in FORMATS:
        workspace.put(name, writable_files.whole(name))
    check(workspace, 40)


@pytest.mark.loop
def test_no_kill_of_another_host_costs_more(memory: Path) -> None:
    services = {queue_host_client.CALLS: queue_host_server.serve_calls(memory)}
    with queue_host_server.serve("127.0.0.1", services) as address:
        workspace = Workspace(memory, structs.replace(address, home=str(memory)))
        for name in FORMATS:
            workspace.put(name, writable_files.whole(name))
        check(workspace, 40)


def longer_mp4(name: str) -> bytes:
    """Audio that no table lists is audio all the same."""
    data = writable_files.whole(name)
    start = data.index(b"mdat") - 4
    size = int.from_bytes(data[start : start + 4])
    end = start + size
    return b"".join(
        [data[:start], (size + LARGE).to_bytes(4), data[start + 4 : end], bytes(LARGE), data[end:]]
    )


def longer_ogg(name: str) -> bytes:
    """Pages of the usual size follow, numbered on."""
    data = writable_files.whole(name)
    last = OggPage(BytesIO(data[data.rindex(b"OggS") :]))
    return data + b"".join(_pages(last, LARGE // 4000))


def _pages(page: OggPage, count: int) -> Iterator[bytes]:
    chance = Random(1)
    for _ in range(count):
        page.sequence, page.position = page.sequence + 1, page.position + 960
        page.packets = [chance.randbytes(4000)]
        yield page.write()


@pytest.mark.slow
def test_six_hundred_kills_cost_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for name in FORMATS:
        workspace.put(name, writable_files.whole(name))
    workspace.put("large.mp3", writable_files.whole("mp3") + FRAME * (LARGE // len(FRAME)))
    workspace.put("large.flac", large_flac.sound(LARGE, Random(1)))
    for name in ("m4a", "front.m4a"):
        workspace.put(f"large.{name}", longer_mp4(name))
    for name in ("ogg", "opus"):
        workspace.put(f"large.{name}", longer_ogg(name))
    check(workspace, 600)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [10, pytest.param(60, marks=pytest.mark.slow)])
def test_the_same_check_catches_writing_in_place(memory: Path, kills: int) -> None:
    workspace = Workspace(memory)
    for number in range(2):
        workspace.put(f"{number}.mp3", FRAME * 60_000)
        workspace.put(f"{number}.flac", large_flac.sound(25_000_000, Random(number)))
    result = kill(workspace, kills, tagger.in_place)
    print(f"in place: {dict(result.ends)}")
    assert result.failures == []
    assert result.ends["damaged"] > kills // 4
    shutil.rmtree(workspace.folder)
