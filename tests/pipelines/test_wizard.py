"""The wizard in a pseudo-terminal: its questions, what each answer may be, and what it saves."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

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


def test_the_wizard_runs_a_command_and_shows_how_to_repeat_it(runs: ToolkitRuns) -> None:
    code, told = hold(
        runs,
        [
            ("Command:", "plugins run cut"),
            ("Input:", "in"),
            ("Output folder [data/output]:", "out"),
            ("Length (samples):", "1500"),
            ("Labels:", ""),
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
