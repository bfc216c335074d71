"""What a batch says at its end of lookups that it could not make, and with which exit code."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from mediakeep.albums.item import ALBUMS
from mediakeep.app.batch import batch_text, run_batch
from mediakeep.commands.display import batch_output
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.outcome import Outcome
from mediakeep.pipelines.item import PIPELINES
from mediakeep.queue.history.queries import Throughput
from mediakeep.runner.batch_config import BatchResult, SettledItem
from mediakeep.views import summary
from mediakeep.views.summary import QueueStatus
from tests.commands.conftest import DOORS, environment
from tests.queue import rig
from tests.sampling import each_row
from tests.vt import Terminal

OUT = "MusicBrainz is out. A later batch goes on."
NO_CONTACT = "No contact is set. Set one."
DONE = Outcome(data={"lookup": "done"})
UNREACHED = Outcome(facts={"unreached": OUT})
UNASKED = Outcome(facts={"unasked": NO_CONTACT})
FAILED = Outcome(Status.ERROR, "it is broken")


def standing() -> QueueStatus:
    items = {"A": MusicItem(status=Status.COMPLETED, rules=MUSIC.rules, lookup="pending")}
    return summary.build_queue_status(rig.state(dict(items)), Throughput(0, 0.0))


def reported(*outcomes: Outcome, **fields: Any) -> BatchResult:
    report = BatchResult(session="s", counters=MUSIC.counters, claimed=len(outcomes), **fields)
    for outcome in outcomes:
        report.add_outcome(outcome)
    return report


@each_row(
    ("report", "code"),
    [
        (reported(DONE), 0),
        (reported(DONE, UNASKED, pending_lookups=1), 0),
        (reported(DONE, UNREACHED, pending_lookups=1), 4),
        (reported(UNREACHED, FAILED, pending_lookups=1), 1),
        (reported(FAILED), 1),
        (reported(UNREACHED, FAILED, stopped=True), 130),
    ],
)
def test_a_service_that_failed_has_an_exit_code_that_failed_items_win_over(
    report: BatchResult, code: int
) -> None:
    assert run_batch.exit_code(report) == code


@each_row(
    ("report", "line"),
    [
        (
            reported(UNASKED, UNASKED, pending_lookups=2),
            f"2 artists wait for their lookup. {NO_CONTACT}",
        ),
        (
            reported(UNREACHED, UNREACHED, pending_lookups=1),
            f"1 artist waits for its lookup. {OUT}",
        ),
        (reported(pending_lookups=37), "37 artists wait for their lookup."),
        (reported(UNREACHED), OUT),
    ],
)
def test_one_line_at_the_end_says_what_waits_why_and_what_helps(
    report: BatchResult, line: str
) -> None:
    lines = batch_text.format_summary(report, standing())
    assert lines[-1] == line
    assert sum("lookup" in one or OUT in one for one in lines) == 1


def test_mediakeep_names_the_command_that_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    told, nothing = reported(DONE, listed_reviews={"music": 3}), reported(DONE, listed_reviews={})
    assert not any("Decide" in line for line in batch_text.format_summary(told, standing()))
    monkeypatch.setenv("MEDIAKEEP_PROGRAM", "mediakeep")
    assert "Decide with: mediakeep review" in batch_text.format_summary(told, standing())
    assert not any("Decide" in line for line in batch_text.format_summary(nothing, standing()))


@each_row("report", [reported(DONE), reported(), reported(UNASKED)])
def test_where_nothing_waits_nothing_is_said_of_look_ups(report: BatchResult) -> None:
    assert not any("lookup" in line for line in batch_text.format_summary(report, standing()))


def test_a_wait_is_told_as_the_sum_over_all_workers() -> None:
    done = Outcome(data={"lookup": "done"}, facts={"requests": 3, "waited": 45.4})
    lines = batch_text.format_summary(reported(done, done), standing())
    assert "Looked up: 6 requests, 1 min 31 s waited by all workers in total" in lines


def test_what_albums_were_found_to_be_is_told_of_this_batch_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    facts = {"albums_matched": 3, "albums_unsure": 1, "fields_filled": 40}
    told = reported(Outcome(facts=facts), Outcome(facts={"albums_matched": 2}), Outcome())
    line = "Albums: 5 certain, 1 unsure; 40 fields filled"
    assert line in batch_text.format_summary(told, standing())
    assert not any(
        "Albums" in line for line in batch_text.format_summary(reported(Outcome()), standing())
    )
    batch_output.JsonLinesOutput(MUSIC).on_finish(told, standing())
    data = json.loads(capsys.readouterr().out)
    assert (data["albums_matched"], data["albums_tied"], data["fields_filled"]) == (5, 0, 40)


def test_on_a_terminal_a_wait_for_a_service_is_shown_and_removed_at_the_end() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from mediakeep.commands.display.batch_output import TextOutput\n"
        "from mediakeep.music.item import MUSIC\n"
        "plain = TextOutput(MUSIC, lambda _: [], has_progress=True)\n"
        "plain.on_start(14)\n"
        "plain.on_progress('Vera\\x1b[2J [b]', 12, 12, 'MusicBrainz')\n"
        "plain.close()\n"
        "print('the end')\n"
    )
    line = [sys.executable, "-c", code, str(DOORS)]
    with Terminal(line, environment({"TERM": "xterm", "PYTHONUTF8": "1"}), 100) as shown:
        assert shown.end() == 0
    text = re.sub(r"\x1b\[[\d;]*m", "", shown.raw.decode())
    assert re.search(r"━ +0/14 .*Vera\\x1b\[2J \[b\] waiting for MusicBrainz", text)
    assert text.rpartition("\x1b[2K")[2] == "the end\r\n"


@each_row(
    "kind, stage, of, expected",
    [
        (MUSIC, "", 8, "25 %"),
        (ALBUMS, "encoding", 8, "encoding 25 %"),
        (PIPELINES, "enhance", 0, "enhance"),  # of an unknown number of steps
    ],
)
def test_without_a_terminal_a_line_says_every_30_seconds_how_far_it_is(
    kind: Kind, stage: str, of: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter((0, 0, 29, 31, 31, 60, 62, 62))
    plain = batch_output.TextOutput(kind, lambda _: [], monotonic=lambda: next(times))
    plain.on_start(1)
    for done, service in ((1, ""), (2, ""), (3, ""), (4, "TMDb")):
        plain.on_progress("Vera", done, of, service, stage)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines == [f"Vera: {expected}", "Vera: waiting for TMDb"]


def test_the_total_shrinks_when_other_batches_claim_items(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = batch_output.TextOutput(MUSIC, lambda _: [])
    plain.on_start(14)
    for number, total in ((4, 14), (5, 7)):
        plain.on_item(SettledItem(number, "Vera", Outcome(message="done"), 0.1, total))
    assert capsys.readouterr().out.split("\n")[1:3] == ["[4/14] Vera: done", "[5/7] Vera: done"]


def test_a_quiet_batch_says_why_its_exit_code_is_not_0(capsys: pytest.CaptureFixture[str]) -> None:
    plain = batch_output.QuietOutput(MUSIC, lambda _: [])
    plain.on_finish(reported(DONE), standing())
    assert capsys.readouterr() == ("", "")
    plain.on_finish(reported(UNREACHED, pending_lookups=1), standing())
    assert capsys.readouterr() == ("", f"{OUT}\n")
    full = reported(out_of_space=1)
    assert run_batch.exit_code(full) == 1
    plain.on_finish(full, standing())
    assert capsys.readouterr().err == "Nothing was done: not enough disk space for 1 artist.\n"


def test_programs_are_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    batch_output.JsonLinesOutput(MUSIC).on_finish(
        reported(UNREACHED, pending_lookups=3), standing()
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["awaiting_lookup"], told["service_failed"], told["lookup_note"]) == (3, True, OUT)
    assert (told["summary"]["awaiting"], told["summary"]["unsure"]) == (1, 0)


def test_a_dry_run_says_that_a_service_failed(capsys: pytest.CaptureFixture[str]) -> None:
    plain = batch_output.TextOutput(MUSIC, lambda _: [])
    plain.on_dry_run(reported(UNREACHED))
    plain.on_dry_run(reported(UNASKED))
    assert capsys.readouterr().out.splitlines() == [
        "Dry run: nothing was written.",
        OUT,
        "Dry run: nothing was written.",
    ]
