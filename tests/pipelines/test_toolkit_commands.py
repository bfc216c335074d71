"""The commands of the audio toolkit, as users type them."""

from __future__ import annotations

import json
import signal
import subprocess
import wave
from pathlib import Path

import pytest

from tests import quick_start
from tests.media import encoded
from tests.patience import PATIENCE, until_asleep
from tests.pipelines.toolkit_runs import ToolkitRuns

PIPELINE = """
name: test
input: {path: ./folder}
settings: {output_dir: ./out}
steps:
  - {name: convert-to-mp3, processor: converter, params: {format: mp3}}
  - {name: split-chunks, processor: splitter-fixed, params: {duration: 30}}
"""


@pytest.fixture
def runs(tmp_path: Path) -> ToolkitRuns:
    found = ToolkitRuns(tmp_path)
    for name in ("a", "b", "sub/c"):
        found.write_sound(f"folder/{name}.wav", 8000)
    return found


def test_a_dry_run_prints_the_steps_on_one_line(runs: ToolkitRuns) -> None:
    (runs.path / "test_pipeline.yaml").write_text(PIPELINE)
    line = "Step 1: convert-to-mp3 (converter), Step 2: split-chunks (splitter-fixed)\n"
    assert runs.ok("pipeline", "run", "--config", "test_pipeline.yaml", "--dry-run") == line
    assert runs.ok("pipeline", "run", "-c", "test_pipeline.yaml", "--dry-run") == line
    assert runs.ok("sessions", "list") == "No sessions.\n"
    assert not (runs.path / "out").exists()
    assert runs.ok("pipeline", "list") == (
        "test_pipeline.yaml  test: convert-to-mp3 > split-chunks\n"
    )


def test_every_fault_of_a_pipeline_is_named_and_the_exit_code_is_2(runs: ToolkitRuns) -> None:
    text = PIPELINE.replace("converter", "convertr").replace("30", "-5")
    (runs.path / "bad.yaml").write_text(text)
    done = runs.run("pipeline", "validate", "--config", "bad.yaml")
    assert done.returncode == 2
    first, second = done.stdout.splitlines()
    assert 'line 6, column 39: There is no processor "convertr". Did you mean converter?' in first
    assert "line 7" in second
    (runs.path / "folder.yaml").mkdir()
    (runs.path / "gone.yaml").symlink_to("nowhere")
    listed = runs.ok("pipeline", "list")
    assert "2 faults" in listed
    assert "gone.yaml  1 fault" in listed
    assert "folder" not in listed
    assert 'There is no processor "convertr"' in runs.fails(2, "pipeline", "run", "-c", "bad.yaml")


@pytest.mark.needs("distributed")
def test_a_session_runs_and_continues_on_the_workers_of_a_scheduler(runs: ToolkitRuns) -> None:
    words = ("split", "fixed", "--input", "./folder", "--duration", 0.3)
    runs.ok(*words, "--output", "pool")
    with quick_start.suspend():  # Dask starts processes as the real command does
        runs.ok(*words, "--output", "dask", "--scheduler", "local:2")
    pieces = sorted(
        path.relative_to(runs.path / "pool") for path in runs.path.glob("pool/**/*.wav")
    )
    assert len(pieces) == 12
    for piece in pieces:
        assert (runs.path / "dask" / piece).read_bytes() == (
            runs.path / "pool" / piece
        ).read_bytes()
    session = runs.data("sessions", "info")["id"]
    with quick_start.suspend():
        runs.ok("sessions", "resume", session, "--force", "--scheduler", "local:1")
    assert "Dask scheduler at tcp://127.0.0.1:1" in runs.fails(
        4, *words, "--output", "none", "--scheduler", "tcp://127.0.0.1:1"
    )
    assert "is not tcp://HOST:PORT" in runs.fails(2, *words, "--scheduler", "nas")


@pytest.mark.long
def test_a_folder_is_split_and_the_pieces_are_the_source(runs: ToolkitRuns) -> None:
    words = ("split", "fixed", "--input", "./folder", "--duration", 0.3, "--output", "out")
    told = runs.ok(*words)
    assert "3 of 3 files completed." in told
    pieces = sorted((runs.path / "out/sub").iterdir())
    assert len(pieces) == 4
    assert b"".join(map(read_frames, pieces)) == read_frames(runs.path / "folder/sub/c.wav")
    state = {path: path.stat().st_mtime_ns for path in (runs.path / "out").rglob("*.wav")}
    assert "3 of 3 files completed." in runs.ok(*words)
    after = {path: path.stat().st_mtime_ns for path in (runs.path / "out").rglob("*.wav")}
    assert after == state
    assert len(runs.data("sessions", "list")) == 2
    assert len(runs.data("sessions", "list", "--limit", 1)) == 1
    one = runs.data("split", "fixed", "--input", "folder/a.wav", "--duration", 1, "--output", "o")
    assert one["state"] == "completed"
    assert one["files"][0]["metrics"]
    assert [Path(path).parent for path in one["files"][0]["outputs"]] == [runs.path / "o"]


def read_frames(path: Path) -> bytes:
    with wave.open(str(path)) as source:
        return source.readframes(source.getnframes())


def test_wrong_parameters_are_named_with_what_they_may_be(runs: ToolkitRuns) -> None:
    told = runs.fails(2, "split", "fixed", "--input", "folder")
    assert told == "split fixed needs --duration (a number above 0 to 1000000 (s)).\n"
    told = runs.fails(2, "split", "fixed", "--input", "folder", "--duration", "-5")
    assert '"-5" is not a number above 0 to 1000000 (s)' in told
    told = runs.fails(2, "convert", "--input", "folder", "--preset", "podcas")
    assert told.startswith('No preset "podcas". Did you mean podcast?')
    told = runs.fails(2, "metadata", "set", "--input", "folder", "--preset", "podcast")
    assert "--set" in told or "no values for metadata" in told
    assert "does not exist" in runs.fails(2, "convert", "--input", "nowhere")
    assert not (runs.path / "data").exists()


def test_options_override_a_preset_which_overrides_defaults(runs: ToolkitRuns) -> None:
    line = ("convert", "--input", "folder/a.wav", "--preset", "archive", "--dry-run", "--json")
    params = json.loads(runs.ok(*line))["pipeline"]["steps"][0]["params"]
    assert (params["format"], params["loudness"]) == ("flac", None)
    params = json.loads(runs.ok(*line, "--format", "wav"))["pipeline"]["steps"][0]["params"]
    assert params["format"] == "wav"
    (runs.path / "p.yaml").write_text(PIPELINE)
    line = ("pipeline", "run", "-c", "p.yaml", "--preset", "podcast", "--dry-run", "--json")
    params = json.loads(runs.ok(*line))["pipeline"]["steps"][0]["params"]
    assert (params["format"], params["loudness"]) == ("mp3", -16)
    (runs.path / "p.yaml").write_text(PIPELINE.replace("mp3}", "mp3, loudness: null, peak: -1}"))
    params = json.loads(runs.ok(*line))["pipeline"]["steps"][0]["params"]
    assert (params["format"], params["loudness"]) == ("mp3", None)  # what the file says wins


def test_a_preset_may_have_a_parameter_that_a_step_needs(runs: ToolkitRuns) -> None:
    presets = "[presets.short.splitter-fixed]\nduration = 5\n[presets.wrong.converter]\nrate = 5\n"
    (runs.path / "home").mkdir()
    (runs.path / "home/mediakeep.toml").write_text(presets)
    (runs.path / "p.yaml").write_text(PIPELINE.replace("duration: 30", ""))
    line = ("pipeline", "run", "-c", "p.yaml", "--dry-run", "--json", "--preset")
    steps = json.loads(runs.ok(*line, "short"))["pipeline"]["steps"]
    assert [step["params"].get("duration") for step in steps] == [None, 5]
    (runs.path / "p.yaml").write_text(PIPELINE)
    steps = json.loads(runs.ok(*line, "short"))["pipeline"]["steps"]
    assert steps[1]["params"]["duration"] == 30
    assert "unknown field `rate`" in runs.fails(2, *line, "wrong")


@pytest.mark.long
def test_tags_are_set_on_copies_and_shown(runs: ToolkitRuns) -> None:
    runs.ok("convert", "--input", "folder/a.wav", "--format", "flac", "--output", "flac")
    values = ("--set", "title=Hello, world", "--set", "artist=Me")
    runs.ok("metadata", "set", "--input", "flac", "--output", "tagged", *values)
    shown = runs.data("metadata", "show", "--input", "tagged/a.flac")["files"][0]["metrics"]
    assert shown["tags"] == {"artist": ["Me"], "title": ["Hello, world"]}
    assert "Hello, world" in runs.ok("metadata", "show", "--input", "tagged/a.flac")
    assert runs.data("metadata", "show", "--input", "flac")["files"][0]["metrics"]["tags"] == {}


def test_a_stopped_session_is_paused_and_resumed(runs: ToolkitRuns) -> None:
    line = ["plugins", "run", "misbehave", "--input", "folder", "--output", "out"]
    hanging = ["--how", "hang", "--only", "b.wav", "--workers", "1"]
    begun = subprocess.Popen(
        [*runs.program, *line, *hanging],
        cwd=runs.path,
        env={**runs.environment, "NOTES": str(runs.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout
    while "a.wav" not in begun.stdout.readline():
        assert begun.poll() is None
    for _ in range(2):  # the first Ctrl-C waits for b.wav, which hangs; the second does not
        until_asleep(begun.pid)
        begun.send_signal(signal.SIGINT)
    assert begun.wait(PATIENCE) == 130
    begun.stdout.close()
    (info,) = runs.data("sessions", "list")
    assert info["state"] == "paused"
    assert "paused" in runs.ok("sessions", "info")
    kept = runs.ok("sessions", "clean", "--older-than", "0s")
    assert f"{info['id']} is paused. To remove it, too, add --force." in kept
    assert "1 session removed." in runs.ok("sessions", "clean", "--older-than", "0s", "--force")
    assert runs.ok("sessions", "list") == "No sessions.\n"


def test_damage_is_named_once_also_if_it_is_filled_with_silence(runs: ToolkitRuns) -> None:
    sound = encoded.write(runs.path / "bad.flac", "16.flac")
    data = bytearray(sound.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(at * 37 % 251 for at in range(2000))
    sound.write_bytes(data)
    words = ("convert", "--input", "bad.flac", "--format", "wav")
    failed = runs.run(*words, "--quiet")
    assert failed.returncode == 1
    assert f"\n  {sound} is damaged: it cannot be decoded at 0:0" in failed.stderr
    assert "To try these files again: audiotoolkit sessions resume" in failed.stderr
    told = runs.ok(*words, "--continue-on-error", "--output", "filled")
    assert f"{sound} is damaged, and silent there: it cannot be decoded at 0:0" in told


@pytest.mark.long
def test_a_failed_session_is_resumed_where_it_failed_and_a_completed_one_is_not(
    runs: ToolkitRuns,
) -> None:
    bad = runs.path / "folder/b.wav"
    good = bad.read_bytes()
    bad.write_bytes(b"not audio")
    words = ("split", "fixed", "--input", "folder", "--duration", 1, "--output", "out")
    done = runs.run(*words)
    assert done.returncode == 1
    assert "2 of 3 files completed." in done.stdout
    assert "b.wav" in done.stdout.partition("completed.\n")[2]
    bad.write_bytes(good)
    (info,) = runs.data("sessions", "list")
    first = f"Resuming session {info['id']}, skipping 2 completed files\n"
    assert runs.ok("sessions", "resume").startswith(first)
    assert "No session is unfinished." in runs.fails(2, "sessions", "resume")
    assert "is completed" in runs.fails(2, "sessions", "resume", info["id"])
    again = runs.ok("sessions", "resume", info["id"], "--force")
    assert "3 of 3 files completed." in again


def test_a_command_continues_its_own_session_with_resume(runs: ToolkitRuns) -> None:
    bad = runs.path / "folder/b.wav"
    good = bad.read_bytes()
    bad.write_bytes(b"not audio")
    words = ["split", "fixed", "--input", "folder", "--duration", 1, "--output", "out"]
    assert "2 of 3 files completed." in runs.fails(1, *words, "--quiet")
    bad.write_bytes(good)
    assert "skipping 2 completed files" in runs.ok(*words, "--resume")
    assert len(runs.data("sessions", "list")) == 1
    runs.ok(*words, "--resume")  # none is unfinished: another begins
    assert len(runs.data("sessions", "list")) == 2
