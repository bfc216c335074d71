"""Processors, pipelines and sessions from Python code, in scripts as users write them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import job_home
from tests.documents import ROOT
from tests.pipelines.pipeline_home import PipelineHome, step
from tests.pipelines.toolkit_runs import ToolkitRuns


@pytest.fixture
def home(tmp_path: Path) -> PipelineHome:
    found = PipelineHome(tmp_path)
    found.write("a.wav", "b.wav")
    return found


def run_script(home: PipelineHome, text: str, code: int = 0) -> str:
    """Run a script in the folder of a home, without a guard of its main module."""
    path = home.root / "script.py"
    path.write_text(text)
    environment = {**home.environment, "MEDIAKEEP_HOME": str(home.path)}
    done = subprocess.run(
        [sys.executable, path],
        env=environment,
        cwd=home.root,
        capture_output=True,
        text=True,
        timeout=job_home.PATIENCE,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_a_processor_runs_on_files(home: PipelineHome) -> None:
    (home.input / "c.wav").write_bytes(b"")
    out = run_script(
        home,
        "import mediakeep\n"
        "files = ['in/b.wav', 'in/c.wav', 'in/a.wav']\n"
        "for result in mediakeep.process('cut', files, 'pieces', length=60):\n"
        "    assert isinstance(result, mediakeep.ProcessResult)\n"
        "    names = [path.name for path in result.output_paths]\n"
        "    print(result.success, names, result.metrics, result.error_message)\n",
    )
    assert out.splitlines() == [
        "True ['b_001.wav', 'b_002.wav'] {'pieces': 2} None",
        "False [] {} c.wav is not WAV: .",
        "True ['a_001.wav', 'a_002.wav'] {'pieces': 2} None",
    ]


@pytest.mark.long
def test_a_pipeline_runs_and_a_failed_session_is_resumed(home: PipelineHome) -> None:
    home.configure(step("bad", "misbehave", how="raise", only="b"), step("quiet", "halve"))
    out = run_script(
        home,
        "import os, mediakeep\n"
        "engine = mediakeep.PipelineEngine()\n"
        "print(engine.validate('test.yaml'), engine.dry_run('test.yaml'))\n"
        "session = mediakeep.run_pipeline('test.yaml')\n"
        "print(session.state)\n"
        "os.environ['MENDED'] = 'yes'\n"
        "again = mediakeep.SessionManager().resume_latest()\n"
        "print(again.state, again.counts, again.id == session.id)\n",
    )
    assert out.splitlines() == [
        "[] ['Step 1: bad (misbehave)', 'Step 2: quiet (halve)']",
        "failed",
        "completed {'completed': 2} True",
    ]


@pytest.mark.long
def test_the_example_of_the_page_runs_as_it_is(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text()
    example = (Path(__file__).parent / "python_example.py").read_text()
    assert f"```python\n{example}```\n" in page  # `make check` checks its types
    (pipeline,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    runs = ToolkitRuns(tmp_path)
    for name in ("a", "b"):
        runs.write_sound(f"recordings/{name}.wav", 4000)
    (tmp_path / "lectures.yaml").write_text(pipeline)
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        env=runs.environment,
        capture_output=True,
        text=True,
        timeout=job_home.PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["True 2 None"] * 2
    assert lines[2:4] == [
        "Step 1: convert-to-mp3 (converter)",
        "Step 2: split-chunks (splitter-fixed)",
    ]
    assert lines[4].endswith(" completed {'completed': 2}")
    assert lines[5] == str([str(tmp_path / f"flac/{name}.flac") for name in ("a", "b")])


def test_faults_are_errors_of_their_class(home: PipelineHome) -> None:
    out = run_script(
        home,
        "import mediakeep\n"
        "from mediakeep.errors import UnknownProcessorError\n"
        "try:\n"
        "    mediakeep.process('cutt', ['in/a.wav'], 'out')\n"
        "except UnknownProcessorError as error:\n"
        "    print(error)\n"
        "print(hasattr(mediakeep, 'nothing'))\n",
    )
    assert 'There is no processor "cutt". Did you mean cut?' in out
    assert out.endswith("False\n")
    assert not (home.path / "status").exists()


def test_without_a_home_the_sessions_are_in_the_current_folder(
    home: PipelineHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mediakeep import home_folder
    from mediakeep.app.pipelines import python_api

    monkeypatch.delenv("MEDIAKEEP_HOME", raising=False)
    monkeypatch.setattr(home_folder, "find_checkout", lambda: None)
    monkeypatch.chdir(home.root)
    assert python_api.PipelineEngine().home == home.root / ".audiotoolkit"
