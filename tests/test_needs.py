"""Nothing is skipped: a test whose need is missing fails with the cure; one that skips fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import needs
from tests.patience import PATIENCE

TESTS = """
import pytest

@pytest.mark.needs("lame")
def test_needs(): pass

def test_fixture(small_disk): pass

def test_skips(): pytest.skip("no time")

@pytest.mark.skipif(True, reason="no wish")
def test_skipped(): pass

@pytest.mark.xfail(strict=True)
def test_expected(): assert False

@pytest.mark.long
def test_long(): pass

def test_usual(): pass
"""


def run_tests(folder: Path, *words: str) -> str:
    """Run TESTS where no program is found; return the outcome of each, and the last line."""
    (folder / "test_them.py").write_text(TESTS)
    own = ["--noconftest", "-p", "tests.conftest", "--rootdir", str(folder), "-q", "-rA"]
    options = [*own, "--basetemp", str(folder / "temporary"), "-o", "addopts=", *words]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder / "test_them.py")],
        cwd=Path(__file__).parents[1],
        env={"PATH": str(folder), "PYTHONPATH": "utilities:."},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.stdout


def test_nothing_is_skipped(tmp_path: Path) -> None:
    told = run_tests(tmp_path, "-m", "not slow")
    assert "1 failed, 1 passed, 3 deselected, 1 xfailed" in told
    assert "1 error" in told  # skipped before it began
    assert told.count("Nothing is skipped; mark what a test needs.") == 2
    told = run_tests(tmp_path, "-m", "needs")
    assert "lame is missing. Install lame (Debian: apt install lame)." in told
    assert "mount is missing. Run as a user who may mount a file system." in told


def test_every_need_has_a_cure_or_is_there() -> None:
    assert all(isinstance(needs.find_cure(name), str) for name in needs.NAMES)
