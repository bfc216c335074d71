"""A dry run writes nothing, whatever a crash or the user left to be finished."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.errors import InvalidQueueValues, QueueBusy
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import readonly
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from tests.queue import rig
from tests.queue.neighbour import Neighbour
from tests.sampling import each_row


def _cut_line(where: QueueLocation, _: Path) -> None:
    with rig.journals(where)[-1].open("ab") as stream:
        stream.write(b'{"crc":"0a1b2c3d","seq":')


def _restore(where: QueueLocation, checkpoint: Path) -> None:
    rig.cp(checkpoint, rig.file(where))


def _edit(where: QueueLocation, _: Path) -> None:
    rig.edit(rig.file(where), '"status": "pending"', '"status": "error"')


LEFT: dict[str, tuple[Callable[[QueueLocation, Path], None], str]] = {
    "an incomplete line": (_cut_line, ""),
    "a checkpoint put back": (_restore, "checkpoint_2025-12-17_artist_002.json would become"),
    "an edit by hand": (_edit, "an edit by hand would become the queue."),
}


@each_row("left", LEFT)
def test_what_is_left_to_be_finished_stays_so(left: str, tmp_path: Path) -> None:
    leave, warning = LEFT[left]
    where = rig.at(tmp_path, rig.Clock())
    with rig.make(where, 5) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
        queue.claim(1)  # by a session that ends before
        checkpoint = queue.write_checkpoint()
        rig.settle(queue, 1)
        queue.end_session()
    leave(where, checkpoint)
    before = rig.content(where.folder)
    keys, warnings = rig.try_reset(where)
    assert keys == {*rig.names(5)}
    assert rig.content(where.folder) == before
    assert warning in " ".join(warnings)
    with Queue.open(where, MUSIC) as queue:  # and the real run still does it
        assert queue.state.counts[Status.IN_PROGRESS] == 0
        assert rig.completed(queue) == {"a checkpoint put back": 2}.get(left, 3)
    assert rig.content(where.folder) != before


def test_a_file_that_would_be_refused_is_so_in_a_dry_run(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 3).close()
    rig.edit(rig.file(where), "/music/Artist 001", "/other/Artist 001")
    with pytest.raises(InvalidQueueValues, match="which is not in the library"):
        rig.try_reset(where)


def test_an_edit_during_a_batch_is_refused(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 3).close()
    with Neighbour(where.folder) as batch:
        batch.claim(1)
        _edit(where, tmp_path)
        with pytest.raises(QueueBusy):
            rig.try_reset(where)
        assert readonly.load_state(where.folder, MUSIC).counts[Status.ERROR] == 1
