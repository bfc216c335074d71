"""A decoder that hangs is ended, and the other tracks of its album are kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import mutagen
import pytest

from mediakeep.albums import measure_loudness
from mediakeep.albums.measure_loudness import MeasuredTrack, MeasureTask
from mediakeep.item import Status
from mediakeep.media.encoding import pcm_source
from mediakeep.outcome import Progress
from mediakeep.runner import task_clock
from mediakeep.runner.batch_config import ExecutionLimits
from tests import job_home
from tests.albums import hanging_decoder
from tests.job_kinds import AlbumHome

STALL = 300.0


def check_results(albums: AlbumHome, limit: str) -> None:
    """Check that the hanging track of one album failed, and nothing else."""
    bad, good = albums.item("Art/Bad"), albums.item("Art/Good")
    assert (bad.status, bad.processing_stage) == (Status.ERROR, "failed_convert")
    assert f"1 of 3 tracks not converted. {hanging_decoder.NAME}: " in bad.error_message
    assert f"it made no progress for {limit} seconds (" in bad.error_message
    kept = sorted(path.name for path in albums.working.glob("*_processed/[!.]*.opus"))
    assert kept == ["02 T.opus", "03 T.opus"]
    assert good.status is Status.COMPLETED
    assert job_home.names(albums.output / "Art") == [
        "Good/02 T.opus",
        "Good/03 T.opus",
        "Good/rip.log",
    ]
    assert bad.error_message in albums.report("Art/Bad")["message"]


@pytest.fixture
def two_albums(albums: AlbumHome) -> AlbumHome:
    albums.make("Art/Bad", "Art/Good", tracks=3)
    (albums.library / "Art" / "Good" / hanging_decoder.NAME).unlink()
    return albums


def test_a_hanging_decoder_is_ended_and_tried_again(
    two_albums: AlbumHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]

    def let_time_pass(_: float) -> None:
        passed.append(passed[-1] + STALL)
        signal.raise_signal(signal.SIGALRM)  # as the timer does that was set for this time

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[-1])
    monkeypatch.setattr(task_clock, "time", clock)
    monkeypatch.setattr(hanging_decoder, "time", SimpleNamespace(sleep=let_time_pass))
    monkeypatch.setattr(pcm_source.PcmSource, "_decode", hanging_decoder.decode_until_hung)
    two_albums.prepare()
    two_albums.process(limits=ExecutionLimits(stall=STALL))
    assert len(passed) == 3  # once in each of the two stages that decode
    text = "Art/Bad: it made no progress for 300 seconds (it reported none); it will run again"
    assert two_albums.log().count(text) == 2
    for name in ("Art/Bad", "Art/Good"):  # the processes for it are new, and do not hang
        assert two_albums.item(name).status is Status.COMPLETED


@pytest.mark.parametrize("failures", [2, 1000])
def test_a_track_that_cannot_be_measured_fails_alone(
    two_albums: AlbumHome, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    measure, calls = measure_loudness.measure, 0

    def fail(task: MeasureTask, progress: Progress) -> MeasuredTrack:
        nonlocal calls
        if task.source == hanging_decoder.NAME and (calls := calls + 1) <= failures:
            raise TimeoutError("it hangs")
        return measure(task, progress)

    monkeypatch.setattr(measure_loudness, "measure", fail)
    two_albums.convert()
    bad = two_albums.item("Art/Bad")
    assert bad.processing_stage == "failed_convert"
    assert f"1 of 3 tracks not converted. {hanging_decoder.NAME}: " in bad.error_message
    two_albums.reset("Art/Bad")
    two_albums.process(keep_going=failures > 2)
    bad, output = two_albums.item("Art/Bad"), two_albums.output / "Art/Bad"
    assert (bad.status, bad.failed_tracks) == (Status.COMPLETED, int(failures > 2))
    gains = [mutagen.File(path)["r128_album_gain"] for path in output.glob("*.opus")]
    assert len(gains) == 3 - bad.failed_tracks
    assert len({*map(tuple, gains)}) == 1


@pytest.mark.slow
def test_a_hanging_worker_process_is_ended(two_albums: AlbumHome) -> None:
    two_albums.path.mkdir(exist_ok=True)
    folders = ("--output", two_albums.output, "--home", two_albums.path)
    options = ("--all", "--stall", "5s", "--stage-retries", "converting=1", "--workers", "2")
    script = Path(hanging_decoder.__file__)
    line = [sys.executable, script, *folders, *options, two_albums.library]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    check_results(two_albums, "5")
