"""The snapshot: any layout of it loads, and what cannot be understood is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.errors import NewerFormat, SnapshotDamaged, UnknownField
from mediakeep.item import Status
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue import snapshot
from mediakeep.queue.queue import Queue
from mediakeep.queue.snapshot import RestoreInfo, SnapshotHead
from tests.queue import rig
from tests.sampling import each_row

ITEMS = {
    "U2": rig.item(Status.COMPLETED, path="/music/U2", issues={"missing-cover": 2}, settled=7),
    'A "quoted" \\ name': rig.item(path="/m", note='}\n    },\n    "X": {'),
    "": rig.item(Status.ERROR, error_message="The file is gone."),
    "Motörhead": rig.item(Status.IN_PROGRESS, session="s", claim=3),
}
HEAD = SnapshotHead(
    kind="music",
    generation=7,
    snapshot_id="9f3c",
    seq=1834,
    library_path="/music",
    created="2025-12-17T10:00:00+00:00",
    settled=4,
    restored=RestoreInfo(source="X", date="2025", undone=(1, 2)),
    summary={"total_artists": 4},
)


def write_snapshot(
    folder: Path, items: dict[str, MusicItem] = ITEMS, head: SnapshotHead = HEAD
) -> Path:
    path = folder / "processing_queue.json"
    path.unlink(missing_ok=True)
    snapshot.write(str(path), head, items, "artists")
    return path


def reformat(path: Path, **layout: Any) -> dict[str, Any]:
    """Write a snapshot's JSON in another layout, and return its content."""
    content: dict[str, Any] = json.loads(path.read_text())
    path.write_text(json.dumps(content, **layout))
    return content


def test_a_snapshot_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    digest, stat = snapshot.write(str(path), HEAD, ITEMS, "artists")
    loaded = snapshot.load(path, MUSIC)
    assert (loaded.head, loaded.items) == (HEAD, ITEMS)
    assert (loaded.digest, loaded.stat) == (digest, stat)


def test_it_is_pretty_json_with_the_names_that_are_promised(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    content = json.loads(path.read_text())
    assert path.read_text() == json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    names = "format kind generation snapshot_id seq library_path created settled restored summary"
    assert list(content) == [*names.split(), "artists"]
    assert content["format"] == 1
    assert content["artists"]["U2"]["status"] == "completed"


@given(
    st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=12),
    st.integers(1, 300),
    st.integers(1, 5),
)
def test_pieces_and_blocks_of_any_size_make_the_same_snapshot(
    tmp_path_factory: pytest.TempPathFactory, notes: dict[str, str], block: int, chunk: int
) -> None:
    items = {key: rig.item(note=note, issues={note: 1}) for key, note in notes.items()}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(snapshot, "_BLOCK", block)
        patched.setattr(snapshot, "_CHUNK", chunk)
        path = write_snapshot(tmp_path_factory.getbasetemp(), items)
        loaded = snapshot.load(path, MUSIC)
    assert (loaded.head, loaded.items) == (HEAD, items)
    content = json.loads(path.read_text())
    assert path.read_text() == json.dumps(content, indent=2, ensure_ascii=False) + "\n"


LAYOUTS = {
    "compact": {"separators": (",", ":")},
    "on one line": {},
    "four spaces": {"indent": 4},
    "tabs": {"indent": "\t"},
    "escaped": {"indent": 2, "ensure_ascii": True},
    "sorted": {"indent": 2, "sort_keys": True},
    "sorted, compact": {"sort_keys": True},
}


@each_row("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_layout_of_the_json_loads(layout: dict[str, Any], tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    reformat(path, **layout)
    loaded = snapshot.load(path, MUSIC)
    assert (loaded.head, loaded.items) == (HEAD, ITEMS)


@each_row("number", range(11))
def test_the_items_may_be_anywhere_in_the_file(number: int, tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    content = json.loads(path.read_text())
    keys = [key for key in content if key != "artists"]
    keys.insert(number, "artists")
    path.write_text(json.dumps({key: content[key] for key in keys}, indent=2))
    loaded = snapshot.load(path, MUSIC)
    assert (loaded.head, loaded.items) == (HEAD, ITEMS)


def test_a_queue_goes_on_from_a_file_that_a_formatter_rewrote(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 5) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
        items = dict(queue.state.items)
    reformat(rig.file(where), indent=4, sort_keys=True)
    with Queue.open(where, MUSIC) as queue:
        assert queue.state.items == items
        queue.begin_session()
        assert rig.settle(queue) == ["Artist 002"]


REFUSALS: list[tuple[str, Any, str]] = [
    ("item", {"no_such_key": 1}, r'artist "U2".*no_such_key'),
    ("item", {"track_count": "many"}, r'artist "U2".*track_count'),
    ("item", {"status": "done"}, r'artist "U2".*status'),
    ("head", {"no_such_key": 1}, "no_such_key"),
    ("head", {"seq": "many"}, "seq"),
]


@each_row(("where", "change", "named"), REFUSALS)
def test_what_is_not_understood_is_refused_by_item_and_key_and_never_dropped(
    where: str, change: dict[str, Any], named: str, tmp_path: Path
) -> None:
    path = write_snapshot(tmp_path)
    content = json.loads(path.read_text())
    (content if where == "head" else content["artists"]["U2"]).update(change)
    path.write_text(json.dumps(content, indent=2))
    before = path.read_bytes()
    with pytest.raises(UnknownField, match=named) as caught:
        snapshot.load(path, MUSIC)
    assert caught.value.exit_code == 3
    assert "Nothing was changed" in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("more", [{}, {"a_key_of_the_future": []}])
def test_a_newer_format_is_reported_with_any_content(more: dict[str, Any], tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "format": 2, **more}))
    with pytest.raises(NewerFormat, match=r"has format 2; this mediakeep supports 1.*Update"):
        snapshot.load(path, MUSIC)


def test_a_snapshot_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole) - 2):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged, match="cannot be read"):
            snapshot.load(path, MUSIC)


@each_row("content", [b"[]", b"\xff\xfe", b"null", b"{}", bytes(500), b"{" * 9999])
def test_what_is_no_queue_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "processing_queue.json"
    path.write_bytes(content)
    with pytest.raises((SnapshotDamaged, UnknownField)):
        snapshot.load(path, MUSIC)


def test_the_queue_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path)
    text = path.read_text().replace('"kind": "music"', '"kind": "movies"')
    path.write_text(text)
    with pytest.raises(SnapshotDamaged, match="it holds movies, not music"):
        snapshot.load(path, MUSIC)


def test_completed_items_can_be_counted_with_grep(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 9) as queue:
        queue.begin_session()
        rig.settle(queue, 4)
        rig.settle(queue, 1, rig.FAILED)
        rig.settle(queue, 1, rig.SKIPPED)
    assert rig.file(where).read_text().count('"status": "completed"') == 4


@pytest.mark.linux  # no other system tells who has a file open
def test_a_file_whose_copy_ends_during_a_look_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "time", SimpleNamespace(sleep=lambda _: None))
    path, looks = tmp_path / "copy", []

    def look() -> str:
        looks.append(stream.closed)
        if len(looks) == 3 * snapshot._MAX_TRIES:
            stream.close()
        if not looks[-1]:
            raise SnapshotDamaged(path, "half", "")
        return "whole"

    with path.open("wb") as stream:
        assert snapshot.read_until_stable(path, look) == "whole"
    assert len(looks) == 3 * snapshot._MAX_TRIES + 1
