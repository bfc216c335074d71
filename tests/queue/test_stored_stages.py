"""The stages of a kind whose table comes from a file are those that its queue was created with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import SnapshotDamaged
from mediakeep.item import Status
from mediakeep.queue import readonly, snapshot
from mediakeep.queue.stored_stages import load_kind
from mediakeep.stages import Stage, StageTable
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

STORED = structs.replace(toys.JOB, stores_stages=True)
# The same kind after its file was changed.
CHANGED = structs.replace(STORED, stages=StageTable((Stage("sort", ("mail",)), Stage("mail"))))


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop.make_workshop(tmp_path, {"ant": "publish=ok", "bee": "publish=fail"}, STORED)


def damage(shop: Workshop) -> None:
    shop.close()
    (shop.status / snapshot.FILE).write_text('{"format": 1, "kind"')


def test_a_queue_keeps_the_stages_that_it_was_created_with(shop: Workshop) -> None:
    shop.run()
    shop.close()
    kind = load_kind(shop.status, CHANGED)
    assert kind == STORED
    items = readonly.load_state(shop.status, kind).items
    assert [item.status for item in items.values()] == [Status.COMPLETED, Status.SKIPPED]
    head = snapshot.read_head(shop.status / snapshot.FILE, STORED)
    assert head
    assert head[0].generation > 0


def test_without_a_queue_or_if_the_kind_does_not_store_them_they_are_those_of_the_kind(
    shop: Workshop, tmp_path: Path
) -> None:
    assert load_kind(tmp_path / "none", CHANGED) is CHANGED
    unstored = structs.replace(CHANGED, stores_stages=False)
    assert load_kind(shop.status, unstored) is unstored
    other = workshop.make_workshop(tmp_path / "other", {}, toys.JOB)
    other.close()
    assert '"stages"' not in (other.status / snapshot.FILE).read_text()


@pytest.mark.parametrize("place", ["checkpoints", "aside"])
def test_if_the_head_is_damaged_they_are_read_from_a_copy(shop: Workshop, place: str) -> None:
    copy = shop.queue.write_checkpoint()
    if place == "aside":
        (shop.status / place).mkdir()
        shutil.move(copy, shop.status / place)
    damage(shop)
    assert load_kind(shop.status, CHANGED) == STORED


def test_unknown_stages_are_refused(shop: Workshop) -> None:
    damage(shop)
    with pytest.raises(SnapshotDamaged, match="its head has no stages") as refused:
        load_kind(shop.status, CHANGED)
    assert "Copy a file of this queue from a backup to checkpoints/." in str(refused.value)
