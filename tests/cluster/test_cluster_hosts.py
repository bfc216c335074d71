"""The commands of the documentation start hosts that do the work: as processes, and apart."""

from __future__ import annotations

import configparser
import contextlib
import functools
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from tests import quick_start
from tests.cluster import machines
from tests.documents import ROOT
from tests.pipelines.toolkit_runs import ToolkitRuns
from tests.runner import workshop

pytestmark = pytest.mark.needs("distributed")

PATIENCE = 60.0  # seconds
SPLIT = ("split", "fixed", "--duration", "0.3")


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def start(
    command: str,
    port: int,
    environ: Mapping[str, str],
    host: str = "127.0.0.1",
    before: Sequence[str] = (),
    listen: str = "127.0.0.1",
) -> Iterator[None]:
    """Run a command of the page, with the address of the scheduler replaced."""
    program, *words = shlex.split(command)
    assert Path(program).name == "dask"
    words = [re.sub(r"^tcp://[a-z]+:8786$", f"tcp://{host}:{port}", word) for word in words]
    words = [str(port) if word == "8786" else word for word in words]
    process = subprocess.Popen(
        [*before, sys.executable, "-W", "ignore", "-m", "dask", *words, "--host", listen],
        env={**workshop.environment(), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}
        | dict(environ),
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def compare(runs: ToolkitRuns, run: Callable[..., str]) -> None:
    """Split files here and there, and compare the pieces."""
    for name in ("a", "b", "c"):
        runs.write_sound(f"folder/{name}.wav", 8000)
    runs.ok(*SPLIT, "--input", runs.path / "folder", "--output", runs.path / "here")
    run(*SPLIT, "--input", str(runs.path / "folder"), "--output", str(runs.path / "there"))
    pieces = sorted(
        path.relative_to(runs.path / "here") for path in runs.path.glob("here/**/*.wav")
    )
    assert len(pieces) == 12
    for piece in pieces:
        made, other = runs.path / "there" / piece, runs.path / "here" / piece
        assert made.read_bytes() == other.read_bytes()


def test_the_services_of_the_compose_file_do_the_work(tmp_path: Path) -> None:
    services = yaml.safe_load(machines.read_block("services:"))["services"]
    scheduler, worker = services["scheduler"], services["worker"]
    volumes = [volume.partition(":")[2] for volume in worker["volumes"]]
    assert volumes == ["/music", "/home/mediakeep"]
    port = find_free_port()
    with contextlib.ExitStack() as stack:
        stack.enter_context(quick_start.suspend())
        stack.enter_context(start(scheduler["command"], port, {}))
        for _ in range(worker["deploy"]["replicas"]):
            stack.enter_context(start(worker["command"], port, worker["environment"]))
        runs = ToolkitRuns(tmp_path)
        address = f"tcp://127.0.0.1:{port}"
        workshop.await_(functools.partial(is_open, port))
        compare(runs, lambda *words: runs.ok(*words, "--scheduler", address))


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


@pytest.mark.needs("openssl")
def test_an_encrypted_scheduler_is_used_with_its_certificates_alone(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    files = f"--tls-ca-file {certificate} --tls-cert {certificate} --tls-key {key}"
    port = find_free_port()
    daemon = {"DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    with (
        quick_start.suspend(),
        start(f"dask scheduler --port 8786 --protocol tls --no-dashboard {files}", port, {}),
        start(f"dask worker tls://127.0.0.1:{port} --nthreads 2 {files}", port, daemon),
    ):
        workshop.await_(functools.partial(is_open, port))
        runs = ToolkitRuns(tmp_path)
        address = ("--scheduler", f"tls://127.0.0.1:{port}", "--scheduler-ca", str(certificate))
        own = ("--scheduler-cert", str(certificate), "--scheduler-key", str(key))
        compare(runs, lambda *words: runs.ok(*words, *address, *own))
        words = (*SPLIT, "--input", str(runs.path / "folder"), "--output", str(tmp_path / "none"))
        plain = ("--scheduler", f"tcp://127.0.0.1:{port}")
        assert f"Dask scheduler at tcp://127.0.0.1:{port} cannot be used" in runs.fails(
            4, *words, *plain
        )


def read_unit() -> tuple[str, dict[str, str]]:
    """Return the command of the unit of systemd, and its environment."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    text = machines.read_block("[Service]")
    environ = dict(
        line.removeprefix("Environment=").split("=", 1)
        for line in text.splitlines()
        if line.startswith("Environment=")
    )
    parser.read_string(text)
    return parser["Service"]["ExecStart"], environ


NETWORK = "10.231.77"


@pytest.fixture
def namespaces() -> Iterator[tuple[str, str]]:
    """Two network namespaces with a cable between them."""
    names = f"mk{os.getpid()}a", f"mk{os.getpid()}b"
    run = functools.partial(subprocess.run, check=True)
    try:
        for name in names:
            run(["ip", "netns", "add", name])
        run(["ip", "link", "add", names[0], "type", "veth", "peer", "name", names[1]])
        for number, name in enumerate(names, 1):
            run(["ip", "link", "set", name, "netns", name])
            inside = ("ip", "-n", name)
            run([*inside, "address", "add", f"{NETWORK}.{number}/24", "dev", name])
            run([*inside, "link", "set", name, "up"])
            run([*inside, "link", "set", "lo", "up"])
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


@pytest.mark.needs("namespaces")
def test_the_unit_of_systemd_works_on_another_host_with_other_mounts(
    tmp_path: Path, namespaces: tuple[str, str]
) -> None:
    command, environ = read_unit()
    assert "MEDIAKEEP_MAP" in environ
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    environ["MEDIAKEEP_MAP"] = f"{here}={there}"
    # The other host has the folder at another place, another name, and nothing at this place.
    script = (
        'hostname otherhost; mount --bind "$1" "$2"; mount -t tmpfs none "$1"; shift 2; exec "$@"'
    )
    other = ["ip", "netns", "exec", namespaces[1], "unshare", "-m", "-u", "sh", "-ec", script, "sh"]
    own = ["ip", "netns", "exec", namespaces[0]]
    host = f"{NETWORK}.1"
    scheduler = re.search(r"    (dask scheduler .*)\n", (ROOT / "docs" / "cluster.md").read_text())
    assert scheduler
    runs = ToolkitRuns(here)

    def run(*words: str) -> str:
        done = subprocess.run(
            [*own, *runs.program, *words, "--scheduler", f"tcp://{host}:8786", "--json"],
            cwd=here, env=runs.environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "is not encrypted: whoever reaches this scheduler" in done.stderr
        return done.stdout

    with (
        quick_start.suspend(),
        start(scheduler[1], 8786, {}, host, own, listen=host),
        start(command, 8786, environ, host, [*other, str(here), str(there)], f"{NETWORK}.2"),
    ):
        probe = [
            *own,
            sys.executable,
            "-c",
            f"import socket; socket.create_connection(('{host}', 8786))",
        ]
        workshop.await_(lambda: not subprocess.run(probe, capture_output=True).returncode)
        compare(runs, run)
    texts = [path.read_bytes() for path in here.glob("home/**/*") if path.is_file()]
    assert len(texts) > 5
    assert not any(str(there).encode() in text for text in texts)
    assert not [*there.iterdir()]
