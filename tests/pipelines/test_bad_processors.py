"""Processors that do what none may do, full disks, and files that others have put in the way."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path

import pytest

from mediakeep.app.pipelines import sessions
from mediakeep.app.pipelines.sessions import SessionState
from mediakeep.pipelines import step_worker
from tests.patience import PATIENCE
from tests.pipelines.pipeline_home import PipelineHome, step
from tests.pipelines.sample_processors import read_samples

QUIET = step("quiet", "halve")


@pytest.fixture
def home(tmp_path: Path) -> PipelineHome:
    found = PipelineHome(tmp_path)
    found.write("a.wav", "b.wav", "c.wav")
    return found


def find_failure(home: PipelineHome) -> str:
    """Return the message of the only failed file, which must be b.wav."""
    failed = [file for file in home.session.files if file.state is SessionState.FAILED]
    assert [Path(file.path).name for file in failed] == ["b.wav"]
    return failed[0].message


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "message", "words"),
    [
        ("elsewhere", "elsewhere.wav as its output, which is no file in its output folder", ()),
        ("link", "link.wav as its output, which is no file in its output folder", ()),
        ("raise", "RuntimeError: it was not foreseen", ()),
        ("full", "The processor cannot write: no space left.", ()),
        ("change", "in/b.wav changed while it was processed. Run again.", ()),
        ("die", "its worker process died (SIGKILL), also when run alone.", ()),
        pytest.param(
            *("hang", "it made no progress for 12 seconds", ("--stall", 12)), marks=pytest.mark.loop
        ),
        ("eat", "Not enough memory. Close other programs", ("--memory", 300_000_000)),
    ],
)
def test_a_processor_that_misbehaves_fails_its_file_only(
    home: PipelineHome, how: str, message: str, words: tuple[object, ...]
) -> None:
    before = sorted(home.input.iterdir())
    config = home.configure(
        step("bad", "misbehave", how=how, only="b"), QUIET, continue_on_error=True
    )
    home.run("--config", config, *words, code=1)
    assert message in find_failure(home)
    steps = [f"steps/bad/{name}.wav" for name in ("a", "c")]
    assert home.list_outputs() == ["a.wav", "c.wav", *steps]
    assert not list(home.output.glob(".*"))
    if how != "elsewhere":
        assert sorted(home.input.iterdir()) == before
    home.variables["MENDED"] = "yes"
    home.run("--resume")
    assert home.session.counts == {"completed": 3}


def test_watching_a_processor_that_hangs_is_no_activity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(400):
        (tmp_path / f"{number}.wav").touch()
    monkeypatch.setattr(step_worker, "_BEAT", 0.001)
    reached, has_ended = list[int](), threading.Event()

    def note(done: int, _: int) -> None:
        reached.append(done)
        if len(reached) == 200:  # which take half a second of CPU
            has_ended.set()

    with step_worker._report_activity(tmp_path, note):
        assert has_ended.wait(PATIENCE)
    assert max(reached) - min(reached) <= 1


def test_a_file_of_others_is_never_replaced(home: PipelineHome) -> None:
    home.output.mkdir()
    (home.output / "b.wav").write_bytes(b"mine")
    home.run_pipeline(QUIET, code=1, continue_on_error=True)
    assert "exists already. It was not made by this pipeline" in find_failure(home)
    assert (home.output / "b.wav").read_bytes() == b"mine"
    (home.output / "b.wav").unlink()
    home.run("--resume")
    (home.output / "a.wav").write_bytes(b"edited")  # since it was made
    home.run_pipeline(step("quiet", "halve", times=2), code=1, continue_on_error=True)
    assert (home.output / "a.wav").read_bytes() == b"edited"
    results = sessions.read_results(home.path, home.session)
    assert [result.success for result in results] == [False, True, True]
    assert [len(result.output_paths) for result in results] == [0, 1, 1]  # none of earlier runs
    assert home.session.counts == {"completed": 2, "failed": 1}


def test_an_equal_file_is_adopted(home: PipelineHome) -> None:
    home.run_pipeline(QUIET)
    shutil.rmtree(home.path / "status")
    times = [path.stat().st_mtime_ns for path in home.output.iterdir()]
    home.run_pipeline(QUIET)
    assert home.session.state is SessionState.COMPLETED
    assert sorted(p.name for p in home.output.iterdir()) == ["a.wav", "b.wav", "c.wav"]
    assert len(times) == 3


def test_inputs_that_differ_in_their_suffix_have_outputs_of_their_own(home: PipelineHome) -> None:
    (home.input / "a.wav").rename(home.input / "a.mp3")
    home.write("a.wav")
    home.run_pipeline(QUIET)
    assert home.list_outputs() == ["a.mp3/a.wav", "a.wav/a.wav", "b.wav", "c.wav"]


def test_folders_inside_each_other(home: PipelineHome) -> None:
    config = home.configure(QUIET, output_dir=str(home.input / "out"))
    home.run("--config", config)
    home.run("--config", config)
    assert len(home.session.files) == 3  # outputs are no inputs
    config = home.configure(QUIET, output_dir=str(home.root), name="outside")
    home.run("--config", config)
    assert read_samples(home.root / "a.wav")
    config = home.configure(QUIET, output_dir=str(home.input))
    assert "is input and output folder" in home.run("--config", config, code=2)


def test_inputs_that_cannot_be_found_are_an_error_before_anything_is_created(
    home: PipelineHome,
) -> None:
    config = home.configure(QUIET, source=home.root / "missing")
    assert "does not exist" in home.run("--config", config, code=2)
    empty = home.root / "empty"
    (empty / ".hidden").mkdir(parents=True)
    (empty / ".hidden/a.wav").touch()
    config = home.configure(QUIET, source=empty)
    assert "has no files that end with .wav, .mp3, .flac" in home.run("--config", config, code=2)
    assert not (home.path / "status").exists()


def test_files_without_audio_fail_with_a_sentence(home: PipelineHome) -> None:
    (home.input / "b.wav").write_bytes(b"")
    home.run_pipeline(QUIET, code=1, continue_on_error=True)
    assert "b.wav is not WAV" in find_failure(home)
    assert home.list_outputs() == ["a.wav", "c.wav"]


def test_names_that_are_not_utf8_or_have_control_characters(home: PipelineHome) -> None:
    names = [b"\xff\xfe.wav", b"line\nbreak.wav", "ü.wav".encode()]
    for name in names:
        shutil.copyfile(home.input / "a.wav", os.fsdecode(os.fsencode(home.input) + b"/" + name))
    home.run_pipeline(QUIET, step("pieces", "cut", length=60))
    assert home.session.counts == {"completed": 6}
    made = {os.fsencode(path.name) for path in home.output.iterdir()}
    assert made > {b"\xff\xfe_001.wav", b"line\nbreak_002.wav", "ü_001.wav".encode()}


def test_a_full_disk_is_named_and_nothing_half_is_left(
    home: PipelineHome, small_disk: Path
) -> None:
    output = small_disk / "out"
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))
    config = home.configure(QUIET, output_dir=str(output))
    home.run("--config", config, code=1)
    assert home.session.state is SessionState.PAUSED
    full = f"Not enough disk space: the volume of {output} is full"
    assert all(file.message.startswith(full) for file in home.session.files)
    assert not output.exists() or not [path for path in output.rglob("*") if path.is_file()]
    ballast.unlink()
    home.run("--resume")
    assert sorted(path.name for path in output.iterdir()) == ["a.wav", "b.wav", "c.wav"]


def test_a_processor_that_cannot_combine_is_named(home: PipelineHome) -> None:
    (home.input / "c.wav").write_bytes(b"")
    home.variables["COMBINE_FAILS"] = "yes"
    out = home.run_pipeline(step("level", "level", needs="all"), code=1)
    (home.input / "c.wav").unlink()
    out = home.run_pipeline(step("level", "level", needs="all"), code=2)
    assert "Step level cannot combine what it measured: ZeroDivisionError" in out
    del home.variables["COMBINE_FAILS"]
    home.run("--resume")
    assert home.session.counts == {"completed": 2}
