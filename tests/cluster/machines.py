"""A scheduler and workers as commands behind a network of our own, all of which can fail."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from tests.documents import ROOT
from tests.runner import workshop

PATIENCE = 60.0  # seconds after which a test gives up waiting
_SIZE = 1 << 16  # bytes


class Network:
    """A proxy in front of a port, which can stall, and cut all connections."""

    def __init__(self, port: int) -> None:
        self.target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """Deliver nothing until `resume`, as a network that drops all packets."""
        self._flowing.clear()

    def resume(self) -> None:
        """Deliver everything again, what was held back first."""
        self._flowing.set()

    def cut(self) -> None:
        """Reset all connections."""
        for connection in [*self._open]:
            self._close(connection)

    def close(self) -> None:
        """Cut all connections, and accept none."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._flowing.set()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target), PATIENCE)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                self._open |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_SIZE):
                self._flowing.wait()
                sink.sendall(data)
        self._close(source)
        self._close(sink)

    def _close(self, connection: socket.socket) -> None:
        self._open.discard(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


class Machines:
    """A scheduler and two workers with one thread each, reached through a network."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = {}) -> None:
        self._folder, self._environ = folder, environ
        self._processes: list[subprocess.Popen[bytes]] = []
        self.network = Network(0)
        self.address = f"tcp://127.0.0.1:{self.network.port}"

    def start(self) -> None:
        """Start what does not run, everything if the scheduler does not."""
        if self._processes and self._processes[0].poll() is None:
            dead = [process for process in self._processes if process.poll() is not None]
        else:
            self.stop()
            dead = []
            self._processes = [self._start_scheduler()]
        self._processes = [process for process in self._processes if process not in dead]
        while len(self._processes) < 3:
            words = (self.address, "--nthreads", "1", "--death-timeout", "60")
            self._processes.append(self._run("worker", *words))

    def _start_scheduler(self) -> subprocess.Popen[bytes]:
        file = self._folder / f"scheduler-{os.urandom(4).hex()}.json"
        process = self._run("scheduler", "--port", "0", "--scheduler-file", str(file))
        address = workshop.await_(lambda: read_address(file))
        self.network.target = int(address.rpartition(":")[2])
        return process

    def _run(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", f"distributed.cli.dask_{name}"]
        return subprocess.Popen(
            [*command, *words, "--no-dashboard", "--host", "127.0.0.1"],
            env={
                **workshop.environment(),
                "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
                "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
                **self._environ,
            },
            stderr=subprocess.DEVNULL,
        )

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        self._processes[0].kill()
        self._processes[0].wait(PATIENCE)

    def kill_worker(self, random: Random) -> None:
        """Kill a process of a worker: its nanny, Dask's worker, or one that runs a task."""
        import psutil

        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(random.choice(self._processes[1:]).pid)
            random.choice([parent, *parent.children(recursive=True)]).kill()

    @contextlib.contextmanager
    def disturb(self, random: Random, names: list[str]) -> Iterator[None]:
        """Let something fail at random moments of a `with` block: those in `names`, removed."""
        ended = threading.Event()

        def fail() -> None:
            while names and not ended.wait(random.uniform(0.2, 2.0)):
                match names.pop():
                    case "worker":
                        self.kill_worker(random)
                    case "scheduler":
                        self.kill_scheduler()
                    case "cut":
                        self.network.cut()
                    case "stall":
                        self.network.stall()
                        ended.wait(random.uniform(0.5, 3.0))
                        self.network.resume()

        thread = threading.Thread(target=fail)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def stop(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        self._processes = []


def choose_faults(random: Random, count: int) -> list[str]:
    """Return what is to fail, for `Machines.disturb`."""
    return random.choices(["worker", "scheduler", "cut", "stall"], (4, 2, 2, 2), k=count)


def read_address(file: Path) -> str:
    """Return the address in a scheduler file, "" if it is not written yet."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError):
        return ""


@contextlib.contextmanager
def open_machines(folder: Path, environ: Mapping[str, str] = {}) -> Iterator[Machines]:
    """Start machines for a `with` block."""
    machines = Machines(folder, environ)
    try:
        machines.start()
        yield machines
    finally:
        machines.network.close()
        machines.stop()


def read_block(begin: str) -> str:
    """Return the indented block of the page on clusters that begins with a line."""
    text = (ROOT / "docs" / "cluster.md").read_text()
    (found,) = re.findall(
        rf"(?:^|\n)((?:    .*\n|\n)*    {re.escape(begin)}\n(?:    .*\n|\n)*)", text
    )
    return "\n".join(line[4:] for line in found.splitlines())
