"""A staged item passes through its stages, and a stage may be done in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work
from mediakeep.queue import readonly
from mediakeep.runner.batch_config import BatchCallbacks
from tests.runner import staged, toys, workshop
from tests.runner.workshop import Workshop


def stock(folder: Path, **things: str) -> Workshop:
    """Make a queue of staged things, each with its words."""
    return workshop.make_workshop(folder, things, toys.TOY)


def parts(shop: Workshop) -> list[str]:
    """Return the parts that were run, in order."""
    return [note[1] for note in shop.notes("part")]


def stages(shop: Workshop, key: str) -> list[str]:
    """Return the stages of an item that were called, in order."""
    return [note[2] for note in shop.notes("start", key)]


@pytest.mark.parametrize(("workers", "later"), [(1, False), (3, False), (3, True)])
@pytest.mark.usefixtures("pooled")
def test_an_item_passes_through_all_its_stages_and_parts(
    tmp_path: Path, workers: int, *, later: bool
) -> None:
    shop = stock(tmp_path, ant="one two none", bee="three")
    report = shop.run(workers=workers, records_later=later)
    assert report.settled[Status.COMPLETED] == 2
    assert (tmp_path / "out" / "ant").read_text() == "ONE TWO NONE"
    assert (tmp_path / "out" / "bee").read_text() == "THREE"
    ant = shop.item("ant")
    assert (ant.size, ant.pieces, ant.attempts) == (12, 3, {"join": 1})
    assert ant.made_of == {"ant.0": 3, "ant.1": 3, "ant.2": 4}
    assert (ant.processing_stage, ant.parts) == ("join", None)
    assert stages(shop, "ant") == ["split", "convert", "convert", "join"]
    assert sorted(parts(shop)) == ["ant.0", "ant.1", "ant.2", "bee.0"]


def test_what_is_begun_is_finished_before_more_is_begun(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one two", bee="three")
    shop.run()
    keys = [note[1][:3] for note in shop.notes() if note[0] in ("start", "part")]
    assert keys == sorted(keys)


@pytest.mark.usefixtures("pooled")
def test_the_parts_of_one_item_run_side_by_side(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="slow slow slow slow")
    shop.run(workers=2)
    assert shop.item("ant").status is Status.COMPLETED
    assert len({note[-1] for note in shop.notes("part")}) == 2


def test_the_stage_and_the_parts_of_a_running_item_are_on_record(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one none")
    seen = []

    def look(key: str, done: int, of: int, _service: str) -> None:
        item = readonly.load_state(shop.status, shop.kind).items[key]
        assert item.parts
        seen.append((item.status, item.processing_stage, list(item.parts.done.values()), done, of))

    shop.run(face=BatchCallbacks(on_progress=look))
    one, none = [staged.convert_word("one")], [None]
    assert seen == [
        (Status.IN_PROGRESS, "convert", [one], 1, 2),
        (Status.IN_PROGRESS, "convert", [one, none], 2, 2),
    ]


def test_a_part_that_fails_is_run_once_more_at_once(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one flaky two")
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED
    assert shop.item("ant").attempts == {"join": 1}
    assert parts(shop) == ["ant.0", "ant.1", "ant.1", "ant.2"]
    line = next(line for line in shop.log() if "part 1:" in line["message"])
    assert line["message"].endswith("ValueError: this part is flaky. It runs once more.")


def test_a_part_that_fails_is_tried_again_alone_until_it_succeeds(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one flaky-4 none two")
    seen = []
    for _ in range(3):
        shop.run(delay=60.0)
        ant = shop.item("ant")
        seen.append((ant.status, ant.attempts, len(ant.parts.done) if ant.parts else 0))
        shop.clock.go(3600)
    assert seen == [
        (Status.ERROR, {"convert": 1}, 3),
        (Status.ERROR, {"convert": 2}, 3),
        (Status.COMPLETED, {"convert": 2, "join": 1}, 0),
    ]
    assert parts(shop) == ["ant.0", "ant.1", "ant.1", "ant.2", "ant.3", *["ant.1"] * 3]
    assert stages(shop, "ant") == ["split", "convert", "convert", "convert", "convert", "join"]
    assert (tmp_path / "out" / "ant").read_text() == "ONE FLAKY-4 NONE TWO"


def test_a_part_that_fails_for_good_fails_its_item_and_no_other(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one broken two", bee="three")
    for _ in range(3):
        shop.run(delay=60.0, max_attempts=2)
        shop.clock.go(3600)
    ant = shop.item("ant")
    assert (ant.status, ant.not_before, ant.attempts) == (Status.ERROR, "", {"convert": 2})
    assert (ant.processing_stage, shop.item("bee").status) == ("convert", Status.COMPLETED)
    assert ant.parts
    assert len(ant.parts.done) == 2
    assert ant.error_message == (
        f"1 of 3 parts failed. The first: {tmp_path}/parts/ant.1: Input/output error."
        " Check the disk and its cable, then run again."
    )
    assert parts(shop).count("ant.1") == 4
    assert parts(shop).count("ant.0") == parts(shop).count("ant.2") == 1


def test_the_trace_of_a_failed_part_is_in_the_log(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one broken")
    shop.run()
    line = next(line for line in shop.log() if "part 1:" in line["message"])
    assert line["level"] == "warning"
    assert "in convert" in line["traceback"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("pooled")
def test_a_part_whose_result_no_record_can_hold_fails(tmp_path: Path, workers: int) -> None:
    shop = stock(tmp_path, ant="one unspeakable", bee="two")
    shop.run(workers=workers)
    assert "cannot be recorded" in shop.item("ant").error_message
    assert shop.item("bee").status is Status.COMPLETED


def test_a_part_whose_input_has_changed_is_run_again(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one broken two")
    shop.run(delay=60.0)
    (tmp_path / "parts" / "ant.0").write_text("ONE!")
    (tmp_path / "parts" / "ant.1").write_text("fixed")
    shop.clock.go(60)
    shop.run()
    assert shop.item("ant").status is Status.COMPLETED
    assert parts(shop) == ["ant.0", "ant.1", "ant.1", "ant.2", "ant.0", "ant.1"]
    assert (tmp_path / "out" / "ant").read_text() == "ONE! FIXED TWO"


def test_a_stage_that_fails_is_tried_again_and_none_before_it(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="fails-itself")
    shop.run(delay=60.0)
    shop.clock.go(60)
    shop.run()
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage) == (Status.ERROR, "convert")
    assert ant.attempts == {"convert": 2}
    assert stages(shop, "ant") == ["split", "convert", "convert"]


def test_a_reset_item_begins_with_its_first_stage(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="one broken")
    shop.run()
    shop.run(key="ant")
    assert stages(shop, "ant") == ["split", "convert"] * 2
    assert parts(shop) == ["ant.0", "ant.1", "ant.1"] * 2
    assert shop.item("ant").attempts == {"convert": 1}


def test_a_stage_that_may_not_follow_is_refused(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="leap", bee="one")
    shop.run()
    ant = shop.item("ant")
    assert (ant.status, ant.processing_stage) == (Status.ERROR, "split")
    assert ant.error_message == (
        "The toy worker returned invalid item data: thing ant: stage split cannot be followed by"
        " 'join'. Return one of: convert."
    )
    assert ant.attempts == {"split": 1}
    assert shop.item("bee").status is Status.COMPLETED
    assert stages(shop, "ant") == ["split"]


def test_a_stage_that_asks_for_parts_again_is_an_error_and_no_endless_loop(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="again", bee="one")
    shop.run()
    assert "returned parts again" in shop.item("ant").error_message
    assert shop.item("bee").status is Status.COMPLETED


def test_a_stage_may_have_no_parts_at_all(tmp_path: Path) -> None:
    given: list[object] = []

    def worker(work: Work, progress: Progress) -> Outcome | Parts:
        if work.stage != "convert":
            return Outcome(next_stage="convert" if work.stage == "split" else "")
        given.append(work.results)
        return Parts((), staged.convert) if given == [None] else Outcome(next_stage="join")

    shop = stock(tmp_path, ant="one")
    shop.run(workshop.opening(worker))
    assert given == [None, ()]
    assert shop.item("ant").status is Status.COMPLETED


@pytest.mark.usefixtures("pooled")
def test_parts_that_a_worker_cannot_send_are_an_error_with_a_reason(tmp_path: Path) -> None:
    shop = stock(tmp_path, ant="secret", bee="one")
    shop.run(workers=2)
    ant = shop.item("ant")
    assert "local object" in ant.error_message
    assert (ant.status, ant.attempts) == (Status.ERROR, {"convert": 1})
    assert shop.item("bee").status is Status.COMPLETED
    assert stages(shop, "ant") == ["split", "convert"]
