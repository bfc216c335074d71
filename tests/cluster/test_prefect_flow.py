"""The flow of the documentation runs batches, by Prefect in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import machines
from tests.documents import ROOT

pytestmark = pytest.mark.slow  # it installs 260 MB from a package index


@pytest.fixture
def prefect(tmp_path: Path) -> Path:
    """A Python with Prefect in an environment of its own; PREFECT_PYTHON names one to use."""
    if given := os.environ.get("PREFECT_PYTHON"):
        return Path(given)
    folder = tmp_path / "prefect"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "prefect==3.*"]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    return folder / "bin" / "python"


def test_the_flow_of_the_page_runs_batches_by_exit_code_and_json(
    tmp_path: Path, prefect: Path
) -> None:
    flow = tmp_path / "flow.py"
    flow.write_text(machines.read_block("import json"))
    scripts = ROOT / "utilities"
    env = {name: text for name, text in os.environ.items() if not name.startswith("MEDIAKEEP")}
    env |= {
        "PREFECT_HOME": str(tmp_path / "state"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
        "DO_NOT_TRACK": "1",
        "PATH": f"{Path(sys.executable).parent}:{env['PATH']}",
        "MEDIAKEEP_HOME": str(tmp_path),
    }
    (tmp_path / "utilities").symlink_to(scripts)
    python = [sys.executable, "-W", "ignore"]

    def call(*words: object) -> None:
        subprocess.run([*python, *map(str, words)], cwd=tmp_path, env=env, check=True)

    call(scripts / "make_sample_library.py", "music")
    call(scripts / "music_queue_manager.py", "--scan", "music")
    done = subprocess.run(
        [str(prefect), str(flow)], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 completed" in done.stdout
    assert "Completed()" in done.stdout + done.stderr
