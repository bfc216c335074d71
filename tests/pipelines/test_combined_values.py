"""A combined value reaches all files, also if a session ends between combining and resetting."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.batch.output import NullOutput
from mediakeep.app.console import CollectingConsole
from mediakeep.app.pipelines import run_session
from mediakeep.pipelines import configuration, inputs
from mediakeep.queue.queue import Queue

ALBUM = """
name: album
settings: {{output_dir: {folder}/out}}
input: {{path: {folder}/in, formats: [wav]}}
steps: [{{name: gain, processor: converter, needs: all, params: {{format: wav, loudness: -23}}}}]
"""


def write_tone(path: Path, height: int) -> None:
    """Write four seconds of a tone."""
    path.parent.mkdir(exist_ok=True)
    samples = array.array("h", (int(height * math.sin(at / 2)) for at in range(32_000)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())


def read_peak(path: Path) -> int:
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2
        return max(map(abs, array.array("h", file.readframes(file.getnframes()))))


def create_session(folder: Path) -> str:
    (folder / "home").mkdir(exist_ok=True)
    pipeline, _faults = configuration.check_pipeline(ALBUM.format(folder=folder).encode())
    assert pipeline
    found = inputs.find_inputs(pipeline.input, pipeline.output_dir)
    return run_session.create_session(folder / "home", pipeline, found).id


def run(folder: Path, session: str) -> int:
    options = run_session.RunOptions(1)
    console = CollectingConsole()
    return run_session.run_session(folder / "home", session, NullOutput(), console, options)


class PowerLoss(BaseException):
    """Ends a session at a point at which no call of the system can be counted on."""


def test_files_get_the_new_value_after_an_end_between_the_two_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, loud = tmp_path / "in/a.wav", tmp_path / "in/b.wav"
    write_tone(quiet, 3000)
    assert run(tmp_path, create_session(tmp_path)) == 0
    alone = read_peak(tmp_path / "out/a.wav")
    write_tone(loud, 20_000)
    session, combine = create_session(tmp_path), run_session._combine

    def end_early(*values: Any) -> None:
        def fail(*_: object) -> None:
            raise PowerLoss

        # The reset of files is a commit, between whose parts no test can kill a process.
        with monkeypatch.context() as patch:
            patch.setattr(Queue, "commit", fail)
            combine(*values)

    monkeypatch.setattr(run_session, "_combine", end_early)
    with pytest.raises(PowerLoss):
        run(tmp_path, session)
    monkeypatch.setattr(run_session, "_combine", combine)
    assert run(tmp_path, session) == 0
    together = read_peak(tmp_path / "out/a.wav")
    assert together < alone / 2
    assert together / read_peak(tmp_path / "out/b.wav") == pytest.approx(3000 / 20_000, rel=0.01)
