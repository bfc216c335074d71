"""Sessions of pipelines: order, parts, failures, resumes, records, and files that others made."""

from __future__ import annotations

import array
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from mediakeep import clock, path_text
from mediakeep.app.pipelines import sessions
from mediakeep.app.pipelines.sessions import SessionState
from mediakeep.app.reports import period_report
from mediakeep.app.reports.period_report import ReportContext
from mediakeep.commands import jobs
from mediakeep.errors import StateDamaged, UsageError
from tests import job_home
from tests.crash.gate import Gate
from tests.pipelines.pipeline_home import SAMPLES, PipelineHome, step
from tests.pipelines.sample_processors import write_samples
from tests.runner import workshop

QUIET = step("quiet", "halve")
PIECES = step("pieces", "cut", length=40)
STOP = step("stop", "misbehave", how="raise", only="b")


@pytest.fixture
def home(tmp_path: Path) -> PipelineHome:
    found = PipelineHome(tmp_path)
    found.write("a.wav", "b.wav", "sub/a.wav")
    return found


def test_outputs_of_a_step_are_the_inputs_of_the_next_and_keep_their_folders(
    home: PipelineHome,
) -> None:
    home.run_pipeline(QUIET, step("length", "count"), PIECES, step("again", "halve", times=2))
    names = ("a", "b", "sub/a")
    pieces = [f"{name}_{number:03}.wav" for name in names for number in (1, 2, 3)]
    expected = [*pieces, *(f"steps/pieces/{name}" for name in pieces)]
    expected += [f"steps/quiet/{name}.wav" for name in names]
    expected += [f"steps/length/{name}.txt" for name in names]
    assert home.list_outputs() == sorted(expected)
    assert home.read_output("sub/a_002.wav") == [sample // 2 // 4 for sample in SAMPLES[40:80]]
    assert (home.output / "steps/length/b.txt").read_text() == "100\n"
    assert home.session.state is SessionState.COMPLETED
    calls = home.take_calls()
    assert sum(calls.values()) == 3 + 3 + 3 + 9
    assert set(calls.values()) == {1, 2}  # two files are called a.wav


def test_the_report_on_many_sessions_is_written_once_a_day(
    home: PipelineHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.run_pipeline(QUIET)
    home.run_pipeline(QUIET, output_dir=str(home.root / "other"))
    [report] = (home.path / "status" / "reports").glob("*_weekly_progress.md")
    context = ReportContext(home.path, clock.now())

    def is_written() -> bool:
        report.write_text("as it was")
        assert [*period_report.write_due_reports(context, ("md",), daily=False)] == []
        return report.read_text() != "as it was"

    assert is_written()
    monkeypatch.setattr(period_report, "_LEAST_SIZE", 10 << 20)  # bytes: two have more than 16 MiB
    assert not is_written()


@pytest.mark.long
def test_a_second_run_does_nothing_and_a_changed_parameter_only_what_follows(
    home: PipelineHome,
) -> None:
    third = step("last", "halve")
    home.run_pipeline(QUIET, PIECES, third)
    home.take_calls()
    before = {name: (home.output / name).stat().st_mtime_ns for name in home.list_outputs()}
    home.run_pipeline(QUIET, PIECES, third)
    assert home.take_calls() == {}
    assert home.session.counts == {"completed": 3}
    home.run_pipeline(QUIET, step("pieces", "cut", length=60), third)
    calls = home.take_calls()
    assert {name: count for name, count in calls.items() if name.startswith("cut")} == {
        "cut a.wav": 2,
        "cut b.wav": 1,
    }
    assert not [name for name in calls if name in ("halve a.wav", "halve b.wav")]
    # The third pieces of the first run are gone, as they are no outputs any more.
    assert home.list_outputs() == sorted(name for name in before if "_003" not in name)
    home.write("new.wav")
    write_samples(home.input / "b.wav", array.array("h", SAMPLES[:90]))
    home.run_pipeline(QUIET, step("pieces", "cut", length=60), third)
    calls = home.take_calls()
    assert {name.split()[1][0] for name in calls} == {"b", "n"}
    home.variables["VERSION_CUT"] = "2"
    home.run_pipeline(QUIET, step("pieces", "cut", length=60), third)
    assert {name.split()[0] for name in home.take_calls()} == {"cut"}  # its outputs are equal


def test_a_step_is_done_again_if_a_file_that_a_parameter_names_has_changed(
    home: PipelineHome,
) -> None:
    labels = home.path / "labels.txt"
    cut = step("cut", "splitter-timestamps", timestamps=str(labels))
    for title in ("one", "three"):
        labels.write_text(f"0\t0.01\t{title}\n")
        home.run_pipeline(cut)
        assert {name[-len(title) - 4 :] for name in home.list_outputs()} == {f"{title}.wav"}


def test_a_touched_source_is_hashed_and_not_processed_again(home: PipelineHome) -> None:
    home.run_pipeline(QUIET)
    home.take_calls()
    os.utime(home.input / "a.wav")
    home.run_pipeline(QUIET)
    assert home.take_calls() == {}
    (home.output / "a.wav").unlink()
    home.run_pipeline(QUIET)
    assert home.take_calls() == {"halve a.wav": 1}


def test_an_input_that_is_gone_when_a_session_is_resumed_fails(home: PipelineHome) -> None:
    (home.input / "b.wav").write_bytes(b"")
    home.run_pipeline(QUIET, code=1)
    (home.input / "b.wav").unlink()
    home.run("--resume", code=1)
    gone = next(file for file in home.session.files if file.path.endswith("b.wav"))
    assert gone.message.startswith(f"Cannot read {home.input / 'b.wav'}: No such file or directory")


def test_a_failure_stops_all_steps_and_resume_continues_there(home: PipelineHome) -> None:
    home.write(*(f"c{number}.wav" for number in range(6)))
    # One worker waits with c0.wav while b.wav fails, and until that is recorded.
    home.variables["WAITS"] = json.dumps({"misbehave b": "halve c0", "halve c0": "go"})
    process = home.start("--config", home.configure(QUIET, STOP, PIECES), "--workers", 2)
    workshop.await_(lambda: home.list_sessions() and home.session.counts.get("failed"))
    (home.notes / "calls").open("a").write("go\n")
    out, err = process.communicate(timeout=job_home.PATIENCE)
    assert process.returncode == 1, out + err
    assert "Resuming" not in out
    info = home.session
    assert info.state is SessionState.FAILED
    failed = [file for file in info.files if file.state is SessionState.FAILED]
    assert [(file.path, file.step) for file in failed] == [
        (path_text.escape_path(home.input / "b.wav"), "stop")
    ]
    assert "RuntimeError: it was not foreseen" in failed[0].message
    assert (home.output / "steps/quiet/b.wav").exists()
    assert info.counts["failed"] == 1
    for file, result in zip(info.files, sessions.read_results(home.path, info), strict=True):
        assert result.success is (file.state is SessionState.COMPLETED)
        assert result.success or result.error_message
    assert info.counts["paused"] >= 1
    assert (home.notes / "calls").read_text().endswith("\ngo\n")  # no step has begun since
    first = home.take_calls()
    assert first["halve c0.wav"] == 1
    assert first["misbehave c0.wav"] == 0
    home.write("x.wav")
    home.variables = {"MENDED": "yes"}
    out = home.run("--resume")
    assert f"Resuming session {info.id}, skipping {info.completed} completed files" in out
    again = home.take_calls()
    assert again["halve b.wav"] == 0
    assert home.session.counts == {"completed": 9}  # x.wav is no file of the session
    assert home.session.id == info.id


def test_with_continue_on_error_the_other_files_are_completed(home: PipelineHome) -> None:
    home.run_pipeline(QUIET, STOP, PIECES, code=1, continue_on_error=True)
    assert home.session.counts == {"completed": 2, "failed": 1}
    assert home.session.state is SessionState.FAILED
    assert not (home.output / "b_001.wav").exists()


def test_resuming_a_completed_session_is_an_error_and_force_begins_again(
    home: PipelineHome,
) -> None:
    home.run_pipeline(QUIET, PIECES)
    home.take_calls()
    name = home.session.id
    out = home.run("--resume", name, code=2)
    assert f"Session {name} is completed. To begin it again, add --force." in out
    assert "No session is unfinished." in home.run("--resume", code=2)
    home.run("--resume", name, "--force")
    assert sum(home.take_calls().values()) == 6
    assert home.session.counts == {"completed": 3}
    assert "no session" in home.run("--resume", "20200101", code=2)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_pauses_the_session(home: PipelineHome, number: signal.Signals) -> None:
    home.write(*(f"c{number}.wav" for number in range(8)))
    gate = Gate(home.root / "gate", 4, names="link", paths=r"/out/[^.]")
    process = home.start(
        "--config", home.configure(QUIET, PIECES), "--workers", 1, **home.add_gate(gate)
    )
    gate.reach(process)
    process.send_signal(number)
    wait_for_signal(process, number)
    gate.open()
    out, err = process.communicate(timeout=job_home.PATIENCE)
    assert process.returncode == 130, out + err
    info = home.session
    assert info.state is SessionState.PAUSED
    assert SessionState.PROCESSING not in info.counts
    assert "paused" in info.counts
    done = home.take_calls()
    home.run("--resume")
    assert home.session.counts == {"completed": 11}
    assert sum((done + home.take_calls()).values()) == 2 * 11


def wait_for_signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Wait until a process has received a signal that is pending for it."""
    status = Path(f"/proc/{process.pid}/status")
    mask = 1 << (number - 1)
    while any(
        int(line.split()[1], 16) & mask
        for line in status.read_text().splitlines()
        if line.startswith(("SigPnd", "ShdPnd"))
    ):
        time.sleep(0.01)


def test_a_crash_at_file_5_of_10_leaves_5_to_10(tmp_path: Path) -> None:
    home = PipelineHome(tmp_path)
    home.write(*(f"{number:02}.wav" for number in range(1, 11)))
    gate = Gate(home.root / "gate", 5, names="link", paths=r"/out/[^.]")
    config = home.configure(QUIET)
    process = home.start("--config", config, "--workers", 1, **home.add_gate(gate))
    gate.kill(process)
    info = home.session
    assert info.state is SessionState.PAUSED
    states = [file.state.value for file in info.files]
    assert states[:4] == ["completed"] * 4
    assert set(states[4:]) <= {"paused", "pending"}
    home.take_calls()
    home.run("--resume")
    assert home.take_calls() == {f"halve {number:02}.wav": 1 for number in range(5, 11)}
    assert home.list_outputs() == [f"{number:02}.wav" for number in range(1, 11)]


@pytest.mark.long
def test_steps_that_need_all_files_wait_for_them_and_combine_what_they_measured(
    home: PipelineHome,
) -> None:
    level = step("level", "level", needs="all")
    home.run_pipeline(QUIET, level, step("last", "halve"))
    assert home.read_output("a.wav") == [(sample // 2 - 1450) // 2 for sample in SAMPLES]
    calls = home.take_calls()
    assert calls["level b.wav"] == calls["measure b.wav"] == 1
    home.run_pipeline(QUIET, level, step("last", "halve"))
    assert home.take_calls() == {}
    assert not home.count_stage_ends()  # no file had to wait for the others
    # A louder file changes what is combined, so that all files do the step again, but no other.
    write_samples(home.input / "loud.wav", array.array("h", [8000]))
    home.run_pipeline(QUIET, level, step("last", "halve"))
    calls = home.take_calls()
    assert calls["halve a.wav"] == 2  # the last step of both files of this name
    assert calls["level a.wav"] == 2
    assert calls["measure a.wav"] == 0
    assert home.read_output("b.wav") == [(sample // 2 - 4000) // 2 for sample in SAMPLES]


@pytest.mark.long
def test_a_file_that_fails_before_all_are_needed_can_join_later(home: PipelineHome) -> None:
    level = step("level", "level", needs="all")
    write_samples(home.input / "b.wav", array.array("h", [8000]))
    home.run_pipeline(STOP, level, code=1)
    assert not home.take_calls()["level a.wav"]
    shutil.rmtree(home.path / "status")
    shutil.rmtree(home.output)
    home.run_pipeline(STOP, level, code=1, continue_on_error=True)
    assert home.read_output("a.wav") == [sample - 2900 for sample in SAMPLES]
    home.variables["MENDED"] = "yes"
    home.run("--resume")
    assert home.read_output("a.wav") == [sample - 8000 for sample in SAMPLES]
    assert home.session.counts == {"completed": 3}


def test_sessions_do_not_see_each_others_files(home: PipelineHome) -> None:
    other = home.root / "in2"
    home.input.rename(other)
    home.write("a.wav")
    gates = [Gate(home.root / f"gate{n}", 1, names="link", paths=r"/out\d/[^.]") for n in (1, 2)]
    processes = []
    for number, (folder, gate) in enumerate(zip((home.input, other), gates, strict=True), 1):
        config = home.configure(
            QUIET, name=f"p{number}", output_dir=str(home.root / f"out{number}"), source=folder
        )
        processes.append(home.start("--config", config, **home.add_gate(gate)))
    for gate, process in zip(gates, processes, strict=True):
        gate.reach(process)
    assert [info.state for info in home.list_sessions()] == [SessionState.PROCESSING] * 2
    running = home.list_sessions()[0].id
    assert "is running" in home.run("--resume", running, code=2)
    assert sessions.clean(home.path, 0, {}, force=True)[0] == []
    for gate, process in zip(gates, processes, strict=True):
        gate.open()
        assert process.wait(job_home.PATIENCE) == 0
    assert sorted(len(info.files) for info in home.list_sessions()) == [1, 3]
    names = [sorted(p.name for p in (home.root / f"out{n}").rglob("*.wav")) for n in (1, 2)]
    assert names == [["a.wav"], ["a.wav", "a.wav", "b.wav"]]


def test_clean_removes_old_completed_sessions_and_others_only_with_force(
    home: PipelineHome,
) -> None:
    home.run_pipeline(QUIET)
    home.run_pipeline(STOP, code=1)
    failed, completed = (info.id for info in home.list_sessions())
    assert sessions.clean(home.path, 3600, {}) == ([], [])
    removed, kept = sessions.clean(home.path, 0, {})
    assert removed == [completed]
    assert kept == [f"{failed} is failed. To remove it, too, add --force."]
    assert home.list_outputs() == ["a.wav", "b.wav", "sub/a.wav"]
    assert sessions.clean(home.path, 0, {}, force=True)[0] == [failed]
    assert list((home.path / "status" / "pipelines").glob("2*")) == []
    with pytest.raises(UsageError, match="No session is unfinished"):
        sessions.prepare_resume(home.path)


def test_a_damaged_session_is_named_and_the_others_are_listed(home: PipelineHome) -> None:
    home.run_pipeline(QUIET)
    home.run_pipeline(QUIET)
    path = home.path / "status/pipelines" / home.session.id / "session.json"
    path.write_text("{")
    damaged: dict[str, StateDamaged] = {}
    assert len(sessions.list_sessions(home.path, damaged)) == 1
    (error,) = damaged.values()
    assert str(path) in str(error)


def test_jobs_lists_the_files_of_sessions(home: PipelineHome) -> None:
    home.run_pipeline(QUIET)
    done = CliRunner().invoke(jobs.main, ["list", "--home", str(home.path), "--json"])
    found = json.loads(done.stdout)
    assert {job["kind"] for job in found} == {f"pipelines/{home.session.id}"}
    assert {job["key"] for job in found} == {"a.wav", "b.wav", "sub/a.wav"}
    assert {job["output"] for job in found} >= {str(home.output / "a.wav")}
