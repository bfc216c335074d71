"""The log of alerts: one line each, no mark twice, and never too long."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediakeep.alerts import alert_log
from tests.alerts.service import lines


def note(path: Path, mark: str, done: list[str]) -> None:
    """Run a job that has a mark: add it to the list of jobs done."""
    alert_log.run_once_per_mark(path, mark, lambda: done.append(mark), "Raised")


def test_a_line_is_time_level_sentence_and_facts(tmp_path: Path) -> None:
    path = tmp_path / alert_log.FILE
    alert_log.append_entry(path, "Alert delivered", "info", ok=True)
    (line,) = path.read_text().splitlines()
    assert list(json.loads(line)) == ["time", "level", "message", "ok"]


def test_a_mark_is_taken_once_also_by_many_at_a_time(tmp_path: Path) -> None:
    path, done = tmp_path / alert_log.FILE, list[str]()
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda n: note(path, f'm "{n % 3}', done), range(60)))
    assert len(done) == len(lines(path)) == 3
    note(path, 'm "', done)
    assert len(done) == 4


def test_unfinished_work_has_no_mark(tmp_path: Path) -> None:
    path = tmp_path / alert_log.FILE

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        alert_log.run_once_per_mark(path, "one", fail, "Raised")
    done: list[str] = []
    note(path, "one", done)
    assert done == ["one"]


def test_a_line_that_a_crash_tore_does_not_harm_the_next(tmp_path: Path) -> None:
    path = tmp_path / alert_log.FILE
    done: list[str] = []
    note(path, "one", done)
    path.write_bytes(path.read_bytes() + b'{"time":"20')
    note(path, "two", done)
    note(path, "two", done)
    assert done == ["one", "two"]
    assert json.loads(path.read_text().splitlines()[-1])["mark"] == "two"


def test_it_stays_small_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / alert_log.FILE
    for number in range(1500):
        alert_log.append_entry(path, "x" * 400, "info", number=number)
        assert path.stat().st_size < 300_000
    numbers = [line["number"] for line in lines(path)]
    assert numbers == list(range(numbers[0], 1500))
    assert len(numbers) > 100
    assert {path.name for path in tmp_path.iterdir()} == {alert_log.FILE, alert_log.LOCK}
