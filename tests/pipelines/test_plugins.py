"""Processors of other distributions: those that cannot be used, and the example of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import wave
import zipfile
from pathlib import Path

import pytest

from tests.documents import ROOT
from tests.patience import PATIENCE
from tests.pipelines.toolkit_runs import SAMPLES, ToolkitRuns

PAGE = ROOT / "docs" / "plugins" / "creating-plugins.md"
MODULE = """
import dataclasses
from typing import Annotated
from msgspec import Meta
from mediakeep.processors.interface import Parameters
from tests.pipelines.sample_processors import CUT, _build

class Bare(Parameters, frozen=True, kw_only=True):
    gain: float = 1.0

class Wrong:
    pass

GOOD = _build("good", Parameters, CUT.process)
BUILT_IN = _build("converter", Parameters, CUT.process)
AGAIN = _build("cut", Parameters, CUT.process)
OLD = dataclasses.replace(_build("old", Parameters, CUT.process), interface=0)
OTHER = {"name": "other"}
NAMED = _build("another", Parameters, CUT.process)
BARE = _build("bare", Bare, CUT.process)
STRUCT = _build("struct", Wrong, CUT.process)
"""
POINTS = {
    "absent": "no_such_module:P",
    "again": "broken_plugins:NO_SUCH_NAME",
    "exits": "exits_plugin:P",
    "converter": "broken_plugins:BUILT_IN",
    "cut": "broken_plugins:AGAIN",
    "old": "broken_plugins:OLD",
    "other": "broken_plugins:OTHER",
    "named": "broken_plugins:NAMED",
    "bare": "broken_plugins:BARE",
    "struct": "broken_plugins:STRUCT",
    "good": "broken_plugins:GOOD",
}
PROBLEMS = {
    "absent": "No module named 'no_such_module'",
    "again": "module 'broken_plugins' has no attribute 'NO_SUCH_NAME'",
    "exits": "it ends Python (no licence)",
    "converter": 'the name "converter" is taken by mediakeep',
    "cut": 'the name "cut" is taken by another plugin',
    "old": "it has interface 0, and mediakeep has 1",
    "other": "its entry point names no Processor",
    "named": 'its entry point has another name than its description, "another"',
    "bare": 'its parameter "gain" has no description',
    "struct": "its parameters are no Struct of the class Parameters",
}


@pytest.fixture
def runs(tmp_path: Path) -> ToolkitRuns:
    site = tmp_path / "site"
    info = site / "broken-1.dist-info"
    info.mkdir(parents=True)
    (site / "broken_plugins.py").write_text(MODULE)
    (site / "exits_plugin.py").write_text("raise SystemExit('no licence')\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    lines = [f"{name} = {value}" for name, value in POINTS.items()]
    (info / "entry_points.txt").write_text("\n".join(["[mediakeep.processors]", *lines, ""]))
    return ToolkitRuns(tmp_path, [SAMPLES, site])


@pytest.mark.long
def test_plugins_that_cannot_be_used_are_named_and_the_others_work(runs: ToolkitRuns) -> None:
    done = runs.run("plugins", "list")
    warnings = [f'Warning: processor "{name}" left out: {why}' for name, why in PROBLEMS.items()]
    assert sorted(done.stderr.splitlines()) == sorted(warnings)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"good", "cut", "converter"} <= set(names)
    assert len(names) == len(set(names))
    assert not {*PROBLEMS, "another"} - {"cut", "converter"} & set(names)

    sound = runs.write_sound("in/a.wav")
    done = runs.run("plugins", "run", "cut", "--input", sound, "--output", "out", "--length", 2000)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stderr.splitlines()) == sorted(warnings)  # once, not by each process
    assert "good" in runs.ok("plugins", "info", "good")
    assert runs.run("plugins", "info", "old").returncode == 2


def test_a_command_without_plugins_names_none_that_are_broken(runs: ToolkitRuns) -> None:
    assert runs.run("sessions", "list").stderr == ""
    assert runs.run("split", "fixed", "--help").stderr == ""


def read_example() -> dict[str, str]:
    """Return the files that the page shows, by name."""
    found = re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert [name for name, _ in found] == ["pyproject.toml", "mediakeep_invert.py"]
    return dict(found)


def call(*words: object, folder: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean = {name: value for name, value in kept.items() if not name.startswith("MEDIAKEEP_")}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=5 * PATIENCE,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.needs("index")
def test_the_example_is_built_installed_into_a_fresh_environment_and_run(tmp_path: Path) -> None:
    source, dist, programs = (tmp_path / name for name in ("source", "dist", "env/bin"))
    source.mkdir()
    for name, text in read_example().items():
        (source / name).write_text(text)
    call(sys.executable, "-m", "venv", "env", folder=tmp_path)
    call(programs / "pip", "install", "--quiet", "hatchling", folder=tmp_path)
    for folder in (ROOT, source):
        call(
            programs / "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", dist, folder=folder
        )
    (sdist,) = dist.glob("mediakeep-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"docs/plugins/creating-plugins.md", "utilities/audio_toolkit.py"} <= names
    (wheel,) = dist.glob("mediakeep-*.whl")
    assert "mediakeep/pipelines/presets.toml" in zipfile.ZipFile(wheel).namelist()

    (plugin,) = dist.glob("mediakeep_invert-1.0-*.whl")
    call(programs / "pip", "install", "--quiet", wheel, plugin, folder=tmp_path)
    runs = ToolkitRuns(tmp_path)
    runs.write_sound("in/a.wav")
    toolkit = programs / "audiotoolkit"
    assert "Invert the polarity." in call(toolkit, "plugins", "list", folder=tmp_path)
    line = ["plugins", "run", "invert", "--input", "in", "--output", "out", "--start", "0.25"]
    told = call(toolkit, *line, folder=tmp_path)
    assert "1 of 1 files completed." in told
    assert f"Sessions are kept in {tmp_path}/.audiotoolkit" in told
    assert "Sessions are kept" not in call(toolkit, *line, folder=tmp_path)  # said once
    assert read_samples(tmp_path / "out/a.wav") == [
        sample if number < 2000 else -sample
        for number, sample in enumerate(read_samples(tmp_path / "in/a.wav"))
    ]
    steps = "steps: [{name: turn, processor: invert, params: {start: -1}}]"
    (tmp_path / "bad.yaml").write_text(f"name: x\ninput: {{path: in}}\n{steps}\n")
    done = subprocess.run([toolkit, "pipeline", "validate", "-c", "bad.yaml"], cwd=tmp_path)
    assert done.returncode == 2


def read_samples(path: Path) -> list[int]:
    with wave.open(str(path)) as source:
        data = source.readframes(source.getnframes())
    return [int.from_bytes(data[i : i + 2], "little", signed=True) for i in range(0, len(data), 2)]
