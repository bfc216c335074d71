"""Settings of all tests, and a folder for those that need no disk."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_AN_HOUR = 3600
_MEMORY = Path("/dev/shm")

# A slow machine is no failure.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

# No test asks a real service, whatever those who run them have set for themselves.
for _name in ("CONTACT", "OFFLINE", "MUSICBRAINZ_HOST", "MUSICBRAINZ_INTERVAL", "COVERART_HOST"):
    os.environ.pop(f"MEDIAKEEP_{_name}", None)

# What earlier runs noted of servers on this machine: a port may be that of another one by now.
for _noted in Path(tempfile.gettempdir()).glob("mediakeep-127.0.0.1-*.slots"):
    with contextlib.suppress(OSError):
        if time.time() - _noted.stat().st_mtime > _AN_HOUR:
            _noted.unlink()

# Processes that tests start find their modules compiled, as those of a person do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where the system has one."""
    folder = Path(tempfile.mkdtemp(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    yield folder
    shutil.rmtree(folder)
