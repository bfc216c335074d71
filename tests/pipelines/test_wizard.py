"""The wizard in a pseudo-terminal: its questions, what each answer may be, and what it saves."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from mediakeep.commands.audio_toolkit import COMMANDS
from mediakeep.pipelines.questions import ToolkitCommand
from tests.pipelines.toolkit_runs import ToolkitRuns, answer


@pytest.fixture
def runs(tmp_path: Path) -> ToolkitRuns:
    found = ToolkitRuns(tmp_path)
    found.write_sound("in/a.wav")
    return found


def hold(runs: ToolkitRuns, answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Answer the questions in this order; return the exit code and all that was printed."""
    with runs.open_wizard() as shown:
        for question, word in answers:
            answer(shown, question, word)
        return shown.end(), shown.screen.printed.replace("\r\n", "\n")


def test_required_parameters_are_asked_for_first() -> None:
    fields = ToolkitCommand("split fixed", "splitter-fixed", "").list_fields()
    assert [field.name for field in fields] == ["duration", "format", "bit_rate"]


@pytest.mark.long
def test_the_wizard_runs_a_command_and_shows_how_to_repeat_it(runs: ToolkitRuns) -> None:
    code, told = hold(
        runs,
        [
            ("Command:", "plugins run cut"),
            ("Input:", "in"),
            ("Output folder [data/output]:", "out"),
            ("Length (samples):", "1500"),
            ("Labels [empty]:", ""),
            ("Run it now:", "run"),
            ("Save it [no]:", ""),
        ],
    )
    assert code == 0, told
    assert "1 of 1 files completed." in told
    assert sorted(path.name for path in (runs.path / "out").glob("*.wav")) == [
        "a_001.wav",
        "a_002.wav",
        "a_003.wav",
    ]
    line = told.partition("To repeat it: ")[2].partition("\n")[0]
    words = shlex.split(line)[2:]
    assert words == [
        *("plugins", "run", "cut", "--input", "in", "--output", "out", "--length", "1500")
    ]
    assert "1 of 1 files completed." in runs.ok(*words)


def test_answers_are_taken_back_explained_suggested_and_taken_by_default(runs: ToolkitRuns) -> None:
    (runs.path / "home").mkdir()
    (runs.path / "home" / "mediakeep.toml").write_text("[presets.short.cut]\nlength = 700\n")
    code, told = hold(
        runs,
        [
            ("Command:", "plugins run cutt"),
            ("Command:", "help"),
            ("Command:", "plugins run halve"),
            ("Input:", "back"),
            ("Command:", str(len(COMMANDS) + 2)),
            ("Input:", "nowhere"),
            ("Input:", "in/a.wav"),
            ("Output folder [data/output]:", "out"),
            ("Preset [none]:", "short"),
            ("Length (samples) [700]:", "-5"),
            ("Length (samples) [700]:", "defaults"),
            ("Run it now:", "back"),
            ("Labels [empty]:", ""),
            ("Run it now:", "dry-run"),
            ("Save it [no]:", "back"),
            ("Save it [no]:", "no"),
        ],
    )
    assert code == 0, told
    assert '"plugins run cutt" is none of them. Did you mean plugins run cut?' in told
    assert "What you want to do." in told
    assert "nowhere does not exist or cannot be read" in told
    assert '"-5" is not a whole number from 1 (samples)' in told
    assert "short  length 700" in told
    assert "Step 1: plugins-run-cut (cut)" in told
    assert "cut --input in/a.wav --output out --preset short\n" in told
    assert not (runs.path / "out").exists()


@pytest.mark.long
def test_answers_are_saved_as_preset_and_as_pipeline(runs: ToolkitRuns) -> None:
    settings = runs.path / "home" / "mediakeep.toml"
    settings.parent.mkdir()
    settings.write_text("# mine\nworkers = 1\n[presets.long.cut]\nlength = 9\n")
    asked = [
        ("Command:", "plugins run cut"),
        ("Input:", "in"),
        ("Output folder [data/output]:", "out"),
        ("Preset [none]:", ""),
        ("Length (samples):", "2500"),
        ("Labels [empty]:", ""),
        ("Run it now:", "no"),
    ]
    names = [
        ("Save it [no]:", "preset"),
        ("Name:", "No Name"),
        ("Name:", "long"),  # taken: asked again
        ("Save it [no]:", "preset"),
        ("Name:", "new"),
    ]
    code, told = hold(runs, [*asked, *names])
    assert code == 0, told
    assert '"No Name" cannot be the name of a preset' in told
    assert "Preset long exists for cut." in told
    assert settings.read_text().startswith("# mine\nworkers = 1\n[presets.long.cut]\nlength = 9\n")
    assert tomllib.loads(settings.read_text())["presets"]["new"] == {
        "cut": {"length": 2500, "labels": ""}
    }
    runs.ok("plugins", "run", "cut", "--input", "in", "--output", "out", "--preset", "new")
    assert len([*(runs.path / "out").iterdir()]) == 2

    runs.write_sound("in/b.m4a")  # not among the default formats of a pipeline
    file = [("Save it [no]:", "pipeline"), ("File [pipeline.yaml]:", "cut.yaml")]
    code, told = hold(runs, [*asked, *file])
    assert code == 0, told
    assert "is valid" in runs.ok("pipeline", "validate", "--config", "cut.yaml")
    assert "2 of 2 files completed." in runs.ok("pipeline", "run", "--config", "cut.yaml")


def test_the_wizard_can_be_left(runs: ToolkitRuns) -> None:
    code, _told = hold(runs, [("Command:", "plugins run cut"), ("Input:", "quit")])
    assert code == 130
    with runs.open_wizard() as shown:
        answer(shown, "Command:", "plugins run cut")
        answer(shown, "Input:", "\x03")
        assert shown.end() == 130
    assert not (runs.path / "home").exists()
    assert runs.run().returncode == 2  # no terminal: the help
    assert "Usage:" in runs.run().stdout
