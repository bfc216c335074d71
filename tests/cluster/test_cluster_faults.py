"""Schedulers and hosts that cannot be used: each has its sentence, and nothing is lost."""

from __future__ import annotations

import ast
import contextlib
import functools
import http.server
import multiprocessing
import os
import secrets
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

import pytest
from msgspec import structs

from mediakeep import home_rpc, path_text, queue_host_client, queue_host_server
from mediakeep.cluster import host_checks, path_map, scheduler, settings
from mediakeep.cluster.host_checks import HostRequirements
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import BadSetting, ClusterFailed, QueueHostLost
from mediakeep.outcome import Aborting, Outcome, Progress, Work, Worker
from mediakeep.queue_host_client import CALLS, HostAddress
from mediakeep.runner import batch
from mediakeep.runner.batch_config import BatchCallbacks
from mediakeep.runner.volumes import FullVolume
from tests import quick_start
from tests.cluster import machines
from tests.job_kinds import RecordingHome
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop
from tests.sampling import each_row

ROOT = Path(__file__).parents[2]


@each_row(
    "address",
    [
        "",
        "local",
        "local:0",
        "local:1000",
        "tcp://host",
        "http://host:80",
        "host:8786",
        "tcp:// :1",
        "tcp://host:0",
        "tcp://host:65536",
        "tcp://host:123456",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadSetting, match=r"is not tcp://HOST:PORT, tls://HOST:PORT or local:N"):
        SchedulerConfig(address)


def test_more_workers_than_this_machine_can_start_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert SchedulerConfig("local:16").local_workers == 16
    monkeypatch.setattr(settings, "count_cpus", lambda: 8)
    assert SchedulerConfig("local:32").local_workers == 32
    with pytest.raises(BadSetting, match=r"local:33: this machine can start at most 32"):
        SchedulerConfig("local:33")


@each_row("missing", ["ca", "cert", "key"])
def test_an_encrypted_address_without_certificates_is_refused(missing: str) -> None:
    files = {f"tls_{name}": __file__ for name in ("ca", "cert", "key") if name != missing}
    with pytest.raises(BadSetting, match=f"scheduler_{missing}: not set, and tls:// needs it"):
        SchedulerConfig("tls://nas:8786", **files)  # type: ignore[arg-type]
    files[f"tls_{missing}"] = "/nowhere/a.pem"
    with pytest.raises(BadSetting, match=f"scheduler_{missing}: there is no file /nowhere/a.pem"):
        SchedulerConfig("tls://nas:8786", **files)  # type: ignore[arg-type]


@contextlib.contextmanager
def listen() -> Iterator[str]:
    """Yield the address of a port at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def close_port() -> Iterator[str]:
    """Yield an address at which nothing listens."""
    with listen() as address:
        pass
    yield address


@contextlib.contextmanager
def serve_pages() -> Iterator[str]:
    """Yield the address of a web server."""
    handler = http.server.BaseHTTPRequestHandler
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Closer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1)


class _Greeter(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")


@contextlib.contextmanager
def serve(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    """Yield the address of a server; a greeter speaks first, as that of SSH does."""
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.needs("distributed")
@each_row(
    "open_port, reason",
    [
        (listen, "it does not answer in time."),
        (close_port, "Connection refused."),
        (serve_pages, "it does not answer in time."),
        (functools.partial(serve, _Greeter), "another program answers there."),
        (functools.partial(serve, _Closer), "(Connection reset by peer|the connection is closed)"),
    ],
)
def test_a_scheduler_that_does_not_answer_is_named_with_exit_code_4(
    open_port: Callable[[], AbstractContextManager[str]], reason: str
) -> None:
    with (
        open_port() as address,
        pytest.raises(
            ClusterFailed, match=f"Dask scheduler at {address} cannot be used: {reason}"
        ) as error,
        scheduler.open_scheduler(SchedulerConfig(address)),
    ):
        pytest.fail("the scheduler was used")
    assert error.value.exit_code == 4


@pytest.mark.needs("distributed")
def test_a_batch_without_workers_ends_after_its_timeout(tmp_path: Path) -> None:
    from distributed import LocalCluster

    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        scheduler.open_scheduler(SchedulerConfig(cluster.scheduler_address, 0.0)) as used,
        pytest.raises(ClusterFailed, match="it has had no worker for 0 seconds"),
        used.open_executors([tmp_path]) as open_executor,
    ):
        batch.run_batch(
            shop.queue, shop.opening(), workshop.build_config(), BatchCallbacks(), (), open_executor
        )
    assert set(shop.statuses().values()) == {"pending"}


@pytest.mark.needs("distributed")
def test_a_host_without_mediakeep_is_told_to_install_it(tmp_path: Path) -> None:
    from distributed import LocalCluster

    shop = workshop.make_workshop(tmp_path, workshop.GOOD)
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as cluster,
        start_without_mediakeep("worker", "--no-nanny", cluster.scheduler_address),
        pytest.raises(
            ClusterFailed,
            match=r"used: its worker tcp:.* is refused: it lacks mediakeep.*: install",
        ),
    ):
        _run_on(shop, cluster.scheduler_address)
    assert set(shop.statuses().values()) == {"pending"}


@contextlib.contextmanager
def start_without_mediakeep(program: str, *words: str) -> Iterator[None]:
    """Start a scheduler or a worker whose environment lacks mediakeep."""
    code = (
        "import sys; sys.modules['mediakeep'] = None\n"
        f"from distributed.cli.dask_{program} import main; main()"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, "--no-dashboard", *words]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(workshop.PATIENCE)


@pytest.mark.needs("distributed")
def test_a_scheduler_without_mediakeep_is_told_to_install_it(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    with start_without_mediakeep("scheduler", "--port", "0", "--scheduler-file", str(file)):
        address = workshop.await_(functools.partial(machines.read_address, file))
        with (
            pytest.raises(ClusterFailed, match="its scheduler lacks mediakeep") as error,
            scheduler.open_scheduler(SchedulerConfig(address)),
        ):
            pytest.fail("the scheduler was used")
    assert error.value.exit_code == 4


def test_without_the_extra_one_sentence_names_it() -> None:
    # None makes the import fail, as it does where the package is missing.
    lines = (
        "import sys",
        "sys.modules.update(dask=None, distributed=None)",
        "from mediakeep.cluster import scheduler, settings",
        "scheduler.open_scheduler(settings.SchedulerConfig('local:2')).__enter__()",
    )
    process = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "utilities")},
        capture_output=True,
        text=True,
    )
    assert 'Install it with: pip install "mediakeep[cluster]"' in process.stderr


def test_dask_is_imported_by_the_modules_that_run_on_it_alone() -> None:
    users = set()
    for path in (ROOT / "utilities").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {name.partition(".")[0] for name in names} & {"dask", "distributed"}:
                users.add(path.name)
    assert users == {"connection.py", "dask_executor.py", "worker_plugin.py", "worker_registry.py"}


@pytest.fixture
def requirements(memory: Path) -> Iterator[HostRequirements]:
    """What a host must have for a batch whose home is in memory."""
    (memory / "home").mkdir()
    with host_checks.write_probes([memory / "home"]) as requirements:
        yield requirements
    assert not [*(memory / "home").iterdir()]


def test_the_host_of_the_batch_passes_the_checks(requirements: HostRequirements) -> None:
    assert host_checks.check_host(requirements).problem == ""


@each_row(
    "versions, problem",
    [
        ({"mediakeep": "0.0.1"}, "it has mediakeep 0.1.0, and this host 0.0.1: install the same"),
        ({"Python": "3.9"}, "and this host 3.9"),
        ({"mutagen": "1.2"}, "and this host 1.2"),
        ({"unheard-of": "1"}, "it has unheard-of none, and this host 1"),
    ],
)
def test_other_versions_are_named(versions: dict[str, str], problem: str) -> None:
    wanted = HostRequirements({**host_checks.read_versions(), **versions}, {}, "probe")
    assert problem in host_checks.check_host(wanted).problem


@each_row(
    "pairs, problem",
    [
        ("{home}={other}", "other is another folder there"),
        ("{home}={empty}", "empty is not the same folder there: mount it, or set MEDIAKEEP_MAP"),
        ("{home}={home}/none", "none is no folder on this host"),
        ("{home}", "is not /FOLDER=/FOLDER"),
        ("home={empty}", "is not /FOLDER=/FOLDER"),
        ("/elsewhere={empty}", ""),
    ],
)
def test_a_host_with_other_folders_is_refused(
    memory: Path, monkeypatch: pytest.MonkeyPatch, pairs: str, problem: str
) -> None:
    folders = {name: memory / name for name in ("home", "other", "empty")}
    for folder in folders.values():
        folder.mkdir()
    with host_checks.write_probes([folders["home"]]) as requirements:
        (folders["other"] / requirements.probe_name).write_text(secrets.token_hex(16))
        monkeypatch.setenv(path_map.VARIABLE, pairs.format(**folders))
        report = host_checks.check_host(requirements)
    assert problem in report.problem
    assert bool(report.problem) == bool(problem)


def test_a_host_that_cannot_connect_to_the_batch_is_refused_if_its_work_needs_that(
    requirements: HostRequirements,
) -> None:
    with close_port() as place:
        port = int(place.rpartition(":")[2])
        for home, problem in (("", ""), ("/home", f"it cannot connect to 127.0.0.1:{port}, where")):
            address = HostAddress("127.0.0.1", port, "token", home=home)
            wanted = structs.replace(requirements, queue_host=address)
            report = host_checks.check_host(wanted)
            assert problem in report.problem
            assert bool(report.problem) == bool(problem)


@pytest.mark.needs("distributed")
def test_a_host_that_lacks_the_folder_of_an_added_source_is_refused(tmp_path: Path) -> None:
    recordings = RecordingHome(tmp_path)
    added = recordings.make("Alpha")
    empty = tmp_path / "empty"
    empty.mkdir()
    with quick_start.suspend():
        out = recordings.batch(
            "--add", added, "--scheduler", "local:1",
            code=4, MEDIAKEEP_MAP=f"{recordings.library}={empty}",
        )  # fmt: skip
        assert "empty is not the same folder there" in out
        assert {item.status for item in recordings.state().items.values()} == {"pending"}
        recordings.batch("--scheduler", "local:1")
        assert {item.status for item in recordings.state().items.values()} == {"completed"}
    assert [*recordings.library.iterdir()] == [added]


@pytest.mark.needs("root")
def test_a_user_who_may_not_write_is_refused(requirements: HostRequirements, memory: Path) -> None:
    for folder in (memory, *memory.parents):
        if folder.stat().st_uid == os.geteuid() and folder.is_relative_to("/dev/shm/mediakeep"):
            folder.chmod(0o755)
    os.seteuid(65534)
    try:
        report = host_checks.check_host(requirements)
    finally:
        os.seteuid(0)
    assert "cannot be written there" in report.problem or "is not the same folder" in report.problem


def _report_problem(requirements: HostRequirements, results: multiprocessing.Queue[str]) -> None:
    results.put(host_checks.check_host(requirements).problem)


def test_a_worker_that_may_start_no_process_is_told_how(requirements: HostRequirements) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=_report_problem, args=(requirements, results), daemon=True)
    process.start()
    assert "DASK_DISTRIBUTED__WORKER__DAEMON=False" in results.get(timeout=60)
    process.join()


@contextlib.contextmanager
def open_verbose(size: int) -> Iterator[Worker]:
    """Open a worker whose results are large."""

    def work(_work: Work, _progress: Progress) -> Outcome:
        return Outcome(facts={"text": "x" * size})

    yield work


@pytest.mark.needs("distributed")
def test_a_result_that_is_too_large_fails_its_item_alone(
    client: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mediakeep.cluster import connection, dask_executor

    for size, message in ((1, ""), (64_000_001, "The result of the worker has 64.0 MB; a host")):
        folder = tmp_path / str(size)
        folder.mkdir()
        shop = workshop.make_workshop(folder, {"ant": "good"})
        with quick_start.suspend(), host_checks.write_probes([folder]) as requirements:
            open_executor = functools.partial(
                dask_executor.DaskExecutor, connection.ClusterAccess(client, requirements)
            )
            batch.run_batch(
                shop.queue, functools.partial(open_verbose, size), workshop.build_config(),
                BatchCallbacks(), (), open_executor,
            )  # fmt: skip
        assert shop.item("ant").error_message.startswith(message)
        assert bool(shop.item("ant").error_message) == bool(message)
        shop.close()


@contextlib.contextmanager
def open_cut_off(home: Path, *, when_opened: bool) -> Iterator[Worker]:
    """Open a worker that can no longer reach the host of the queue."""
    address = queue_host_client.get_address()
    assert address
    assert not home_rpc.call_at_home(Path.exists, home / "none")

    def call_in_vain(*_: object) -> Outcome:
        with close_port() as place:
            port = int(place.rpartition(":")[2])
        with queue_host_client.use_host(structs.replace(address, port=port), home):
            home_rpc.call_at_home(Path.exists, home / "none")
        return Outcome()

    if when_opened:
        call_in_vain()
    yield call_in_vain


@pytest.mark.needs("distributed")
def test_a_worker_that_loses_the_host_of_the_batch_ends_it_with_exit_code_4(
    client: object, tmp_path: Path
) -> None:
    from mediakeep.cluster import connection, dask_executor

    services = {CALLS: queue_host_server.serve_calls(tmp_path)}
    with quick_start.suspend(), queue_host_server.serve("127.0.0.1", services) as served:
        address = structs.replace(served, home=path_text.escape_path(tmp_path))
        requirements = HostRequirements(host_checks.read_versions(), {}, "probe", address)
        open_executor = functools.partial(
            dask_executor.DaskExecutor, connection.ClusterAccess(client, requirements)
        )
        for when_opened in (False, True):
            shop = workshop.make_workshop(tmp_path / f"{when_opened}", workshop.GOOD)
            factory = functools.partial(open_cut_off, tmp_path, when_opened=when_opened)
            error: Exception | None = None
            try:
                error = batch.run_batch(
                    shop.queue, factory, workshop.build_config(), BatchCallbacks(), (),
                    open_executor,
                ).abort_error  # fmt: skip
            except QueueHostLost as lost:
                error = lost
            assert isinstance(error, QueueHostLost)
            assert error.exit_code == 4
            assert f"from worker {socket.gethostname()}: Connection refused." in str(error)
            assert set(shop.statuses().values()) == {"pending"}
            assert {shop.item(key).attempts for key in workshop.GOOD} == {0}
            shop.close()


@pytest.mark.needs("distributed")
@each_row("is_home_served", [False, True])
def test_calls_are_served_only_if_the_home_is(memory: Path, is_home_served: bool) -> None:
    from mediakeep.cluster import connection

    config = SchedulerConfig("tcp://127.0.0.1:1")
    with connection.serve_hosts(config, memory, is_home_served=is_home_served) as served:
        assert served
        assert bool(served.home) == is_home_served
        used = structs.replace(served, home=str(memory))
        with (
            queue_host_client.use_host(used, memory),
            contextlib.nullcontext() if is_home_served else pytest.raises(Aborting),
        ):
            assert home_rpc.call_at_home(Path.is_dir, memory)


@pytest.mark.needs("distributed")
def test_two_batches_on_one_scheduler_share_its_workers_and_nothing_else(tmp_path: Path) -> None:
    import dask
    from distributed import LocalCluster

    shops = [workshop.make_workshop(tmp_path / name, workshop.GOOD) for name in ("one", "two")]
    code = "from tests.cluster.test_cluster_faults import main; main(*__import__('sys').argv[1:])"
    with (
        quick_start.suspend(),
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0") as cluster,
    ):
        shops[1].close()
        words = [sys.executable, "-W", "ignore", "-c", code, str(shops[1].folder)]
        other = subprocess.Popen(
            [*words, cluster.scheduler_address], env=workshop.environment(), cwd=workshop.ROOT
        )
        _run_on(shops[0], cluster.scheduler_address)
        assert other.wait(timeout=workshop.PATIENCE) == 0
    for shop in shops:
        assert set(shop.statuses().values()) == {"completed"}
        assert {shop.item(key).attempts for key in workshop.GOOD} == {1}
        assert {key: len(shop.processes(key)) for key in workshop.GOOD} == dict.fromkeys(
            workshop.GOOD, 1
        )


def _run_on(shop: Workshop, address: str) -> None:
    from mediakeep.cluster import connection

    with (
        # A scheduler of this process shares its interpreter with the tests.
        mock.patch.object(connection, "_ANSWER_TIMEOUT", workshop.PATIENCE),
        scheduler.open_scheduler(SchedulerConfig(address)) as used,
        used.open_executors([shop.folder]) as open_executor,
    ):
        batch.run_batch(
            shop.queue, shop.opening(), workshop.build_config(workers=2), BatchCallbacks(), (),
            open_executor,
        )  # fmt: skip


def main(folder: str, address: str) -> None:
    """Run a batch of another process."""
    _run_on(Workshop(Path(folder), toys.PLAIN), address)


def test_probe_files_of_killed_batches_are_removed_by_the_next_one(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\nfrom mediakeep.cluster import host_checks\n"
        "with host_checks.write_probes([pathlib.Path(sys.argv[1])]): os._exit(9)"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "utilities")}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environ)
    left, lock = sorted(tmp_path.iterdir())
    assert lock.name == f"{left.name}.lock"
    minutes_ago = time.time() - 120
    for path in (left, lock):
        os.utime(path, (minutes_ago, minutes_ago))
    new = left.with_name(f"{left.name}0")
    new.touch()
    host = socket.gethostname()
    weeks = [tmp_path / left.name.replace(host, other) for other in ("otherhost", f"{host}-2")]
    for week in weeks:
        week.touch()
        os.utime(week, (minutes_ago, minutes_ago))
    old = weeks[0].with_name(f"{weeks[0].name}0")
    old.touch()
    os.utime(old, (0, 0))
    with host_checks.write_probes([tmp_path]) as first:
        os.utime(tmp_path / first.probe_name, (0, 0))
        os.utime(tmp_path / f"{first.probe_name}.lock", (0, 0))
        with host_checks.write_probes([tmp_path]):
            pass
        assert (tmp_path / first.probe_name).exists(), "that of a running batch stays"
        assert (tmp_path / f"{first.probe_name}.lock").exists()
        assert not left.exists()
        assert not lock.exists()
        assert not old.exists()
    assert {*tmp_path.iterdir()} == {*weeks, new}


@each_row(
    "path, named",
    [
        ("/mnt/nas/music/U2", "/music/U2"),
        ("/mnt/nas/musical", ""),
        ("/tmp/x", ""),
        ("", ""),
    ],
)
def test_a_full_volume_is_named_to_the_queue_only_if_its_host_sees_it(
    path: str, named: str
) -> None:
    full = FullVolume(path, 5, "full")
    found = path_map.translate_full_volume(
        full, path_map.invert_map(MOUNTS), ["/music", "/home/ann"]
    )
    assert found == FullVolume(named, 5, "full")
    assert path_map.translate_full_volume(Outcome(), {}, []) == Outcome()


MOUNTS = {"/music": "/mnt/nas/music", "/music/new": "/fast", "/home/ann": "/mnt/ann"}


@each_row(
    "path, moved",
    [
        ("/music", "/mnt/nas/music"),
        ("/music/U2/01 – One.flac", "/mnt/nas/music/U2/01 – One.flac"),
        ("/music/new/x", "/fast/x"),
        ("/musical/x", "/musical/x"),
        ("music/x", "music/x"),
        ("/other/music/x", "/other/music/x"),
        ("/home/ann/a\\b\udcff", "/mnt/ann/a\\b\udcff"),
    ],
)
def test_paths_are_moved_and_texts_keep_those_of_the_queue(path: str, moved: str) -> None:
    assert path_map.move_paths(Path(path), MOUNTS) == Path(moved)
    assert path_map.move_paths(Path(moved), path_map.invert_map(MOUNTS)) == Path(path)
    escaped = path_text.escape_path(path)
    path_text.use_mounts(path_map.invert_map(MOUNTS))
    try:
        assert path_text.unescape_path(escaped) == moved
        assert path_text.escape_path(moved) == escaped
        assert path_text.display_path(moved) == path_text.to_printable(escaped)
        assert path_text.quote_path(moved) == path_text.quote_escaped(escaped)
    finally:
        path_text.use_mounts({})


def test_paths_are_moved_in_all_containers_of_a_task() -> None:
    config = SchedulerConfig("local:1")
    value = {
        "a": [Path("/music/a"), "text /music/a"],
        "b": (functools.partial(len, Path("/music")),),
    }
    moved = path_map.move_paths(value, MOUNTS)
    assert moved["a"] == [Path("/mnt/nas/music/a"), "text /music/a"]
    assert moved["b"][0].args == (Path("/mnt/nas/music"),)
    assert path_map.move_paths(structs.replace(config), MOUNTS) == config
