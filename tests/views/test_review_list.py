"""The list of reviews that all queues of a home share: each replaces its own entries alone."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.movies.item import MOVIES, MovieItem
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.views import review
from tests.sampling import each_row

DAY, LATER = "2026-01-02T10:00:00+00:00", "2026-05-05T10:00:00+00:00"


def state(kind: Kind, seq: int, created: str = DAY, /, **settled: int) -> QueueState:
    """Make a queue of completed items, each with the number of its last settle."""
    item_class = MovieItem if kind is MOVIES else MusicItem
    items: dict[str, Item] = {
        name: item_class(status=Status.COMPLETED, name=name, processed_date=DAY, settled=number)
        for name, number in settled.items()
    }
    head = SnapshotHead(
        kind=kind.name,
        generation=1,
        snapshot_id="x",
        seq=seq,
        library_path="/library",
        created=created,
        last_updated=DAY,
    )
    return QueueState(kind, head, items)


def update(home: Path, queue: QueueState, *ids: str) -> review.ReviewListFile:
    """Bring the list up to date; each item that is read has entries of these ids."""
    folder = home / "status" / queue.kind.name
    folder.mkdir(parents=True, exist_ok=True)
    (home / "outputs").mkdir(exist_ok=True)
    return review.update_review_list(
        home, folder, queue, lambda _: [{"id": mbid, "kind": "k"} for mbid in ids]
    )


def read_entries(home: Path) -> dict[str, list[tuple[str, str]]]:
    """Return what the file holds: for each item, queue and id of its entries."""
    data = json.loads((home / review.FILE).read_text())["reviews"]
    return {key: [(entry["queue"], entry["id"]) for entry in all_] for key, all_ in data.items()}


def test_items_of_one_name_in_two_queues_keep_their_entries_apart(tmp_path: Path) -> None:
    update(tmp_path, state(MUSIC, 5, Alien=5), "a")
    update(tmp_path, state(MOVIES, 9, Alien=9), "b")
    assert read_entries(tmp_path) == {"Alien": [("movies", "b"), ("music", "a")]}
    view = update(tmp_path, state(MUSIC, 7, Alien=7), "c")
    assert read_entries(tmp_path) == {"Alien": [("movies", "b"), ("music", "c")]}
    assert (view.total, view.by_kind) == (2, {"k": 2})
    assert {name: mark.seq for name, mark in view.queues.items()} == {"movies": 9, "music": 7}


def test_only_what_was_settled_since_is_read_again(tmp_path: Path) -> None:
    update(tmp_path, state(MOVIES, 3, A=2, B=3), "old")
    update(tmp_path, state(MOVIES, 4, A=2, B=4), "new")
    assert read_entries(tmp_path) == {"A": [("movies", "old")], "B": [("movies", "new")]}


def test_a_process_that_knows_less_of_its_queue_changes_nothing(tmp_path: Path) -> None:
    update(tmp_path, state(MOVIES, 9, A=9), "late")
    update(tmp_path, state(MUSIC, 2, U2=2), "music")
    update(tmp_path, state(MOVIES, 4, A=4), "early")
    assert read_entries(tmp_path) == {"A": [("movies", "late")], "U2": [("music", "music")]}


def test_another_queue_of_a_kind_replaces_all_of_the_one_before(tmp_path: Path) -> None:
    update(tmp_path, state(MUSIC, 2, U2=2), "music")
    update(tmp_path, state(MOVIES, 9, A=9, B=8), "old")
    update(tmp_path, state(MOVIES, 3, LATER, A=3), "new")
    assert read_entries(tmp_path) == {"A": [("movies", "new")], "U2": [("music", "music")]}


def test_entries_of_a_queue_that_this_version_does_not_know_stay(tmp_path: Path) -> None:
    update(tmp_path, state(MUSIC, 2, U2=2), "music")
    path = tmp_path / review.FILE
    data = json.loads(path.read_text())
    data["queues"]["books"] = {"lineage": "x", "seq": 3}
    data["reviews"]["A Book"] = [{"queue": "books", "id": "b", "kind": "k"}]
    path.write_text(json.dumps(data))
    update(tmp_path, state(MOVIES, 9, A=9), "film")
    assert read_entries(tmp_path)["A Book"] == [("books", "b")]
    assert set(read_entries(tmp_path)) == {"A Book", "A", "U2"}


@each_row("damage", ["", "{", "[]", '{"reviews": 3}', '{"format": 1}'])
def test_a_damaged_list_is_rebuilt(tmp_path: Path, damage: str) -> None:
    update(tmp_path, state(MUSIC, 2, U2=2), "music")
    (tmp_path / review.FILE).write_text(damage)
    update(tmp_path, state(MUSIC, 2, U2=2), "again")
    assert read_entries(tmp_path) == {"U2": [("music", "again")]}


def test_two_batches_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    def work(kind: Kind) -> None:
        for seq in range(1, 25):
            update(tmp_path, state(kind, seq, **{kind.name: seq}), f"{seq}")

    update(tmp_path, state(MUSIC, 0))
    threads: list[Any] = [threading.Thread(target=work, args=(kind,)) for kind in (MUSIC, MOVIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_entries(tmp_path) == {"movies": [("movies", "24")], "music": [("music", "24")]}
