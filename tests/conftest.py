"""Settings of all tests, and a folder for those that need no disk."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

from mediakeep.lookups.http import rate_limit
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep_simulator.server import SimulatorServer
from tests import memory_folder, needs, quick_start
from tests.memory_folder import MemoryFolder

# A slow machine is no failure, and each run tries the same examples, so that luck decides nothing.
# With --hypothesis-profile=long far more are tried, and others each time.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", _PATIENT, max_examples=40, derandomize=True)
settings.register_profile("long", _PATIENT, max_examples=2000)
settings.load_profile("here")

# No test asks a real service, whatever those who run them have set for themselves.
for _name in ("CONTACT", "OFFLINE", "MUSICBRAINZ_HOST", "MUSICBRAINZ_INTERVAL", "COVERART_HOST"):
    os.environ.pop(f"MEDIAKEEP_{_name}", None)
for _name in ("TOKEN", "TOKEN_FILE", "HOST", "IMAGE_HOST", "INTERVAL"):
    os.environ.pop(f"MEDIAKEEP_TMDB_{_name}", None)

# Processes that tests start find their modules compiled, as those of a person do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Nor does the terminal of those who run them, or xdist, decide how wide and colourful output is.
for _name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(_name, None)

# Background jobs of a shell ignore Ctrl-C, and commands started by nohup ignore hang-ups; commands
# under test must receive both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


quick_start.install()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector from walking over ten thousand tests again and again, now and later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the folders of all tests be in memory, and remove them however the run ends."""
    config.addinivalue_line("markers", "real_disk: needs a disk; its tmp_path is not in memory")
    if not config.option.basetemp and (folder := MemoryFolder.create()):
        config.option.basetemp = str(folder.path / "tests")
        config.add_cleanup(folder.remove)
    # Workers get the one of the process that began the run, each a folder in it.
    if config.option.basetemp:
        found = memory_folder.find_memory_folder(Path(config.option.basetemp))
        memory_folder.set_temporary_parent(found)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make tests slow that need what a fresh machine may lack."""
    needs.sort_out(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test, with the cure, if what it needs is missing."""
    for need in needs.list_needs(item):
        if cure := needs.find_cure(need):
            pytest.fail(f"{need} is missing. {cure}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test be skipped: what it needs has a mark."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.longrepr}\nNothing is skipped; mark what a test needs."
    return report


@pytest.fixture(scope="session")
def disk_folder() -> Iterator[Path]:
    """A folder for several tests on the disk of the system."""
    folder = memory_folder.make_random_folder("mediakeep-", Path(tempfile.gettempdir())).resolve()
    yield folder
    memory_folder.remove_folder(folder)


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder, in memory if possible, but on a disk for tests marked real_disk."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    if request.node.get_closest_marker("real_disk"):
        return memory_folder.make_random_folder(name, request.getfixturevalue("disk_folder"))
    return tmp_path_factory.mktemp(name)


@pytest.fixture
def without_garbage() -> None:
    """Warn here of no file that another test has left to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where the system has one."""
    folder = memory_folder.make_random_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True, scope="session")
def runtime_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what processes of a user share, such as the pace of services, among the tests' files."""
    folder = tmp_path_factory.mktemp("runtime")
    with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(folder)}):
        yield


@pytest.fixture(autouse=True, scope="session")
def new_servers(runtime_dir: None) -> Iterator[None]:
    """Let nobody wait at a server for what was noted of an earlier one that had its port.

    Ports are few beside the servers of all tests, and the note of an outage outlives its server.
    """
    begin = SimulatorServer.__enter__  # patched, as tests begin servers in a hundred places

    def begun(server: SimulatorServer) -> SimulatorServer:
        made = begin(server)
        rate_limit.remove_state_file(made.url, HttpEnvironment())
        return made

    with mock.patch.object(SimulatorServer, "__enter__", begun):
        yield
