"""Workers of other hosts call what is about the home on the host of the queue."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep import queue_host, queue_host_client, queue_host_server
from mediakeep.errors import ItemFailed, StateDamaged
from mediakeep.outcome import Stopping
from mediakeep.queue_host_client import CALLS, Certificates, HostAddress


@contextlib.contextmanager
def serve(home: Path, certificates: Certificates | None = None) -> Iterator[HostAddress]:
    """Serve a home, and yield the address with its name."""
    services = {CALLS: queue_host_server.serve_calls(home)}
    with queue_host_server.serve("127.0.0.1", services, certificates) as address:
        yield structs.replace(address, home=str(home))


class Shelf:
    """An object with a file of the home."""

    def __init__(self, path: Path, text: str = "") -> None:
        self.path, self.text = path, text

    def write(self, more: str) -> str:
        self.text += more
        self.path.write_text(self.text)
        return self.text

    def fail(self) -> None:
        raise StateDamaged("it is damaged")

    def fail_strangely(self) -> None:
        raise _StrangeError(lambda: None)

    def close(self) -> None:
        self.path.with_suffix(".closed").touch()


class _StrangeError(Exception):
    """An error that pickle cannot send."""


def test_objects_and_functions_are_called_where_the_home_is(memory: Path) -> None:
    home, there = memory / "home", memory / "there"
    home.mkdir()
    assert not queue_host.call_at_home(Path.exists, home / "shelf")
    assert queue_host.find_remote(Shelf, home / "shelf") is None
    with serve(home) as address, queue_host_client.use_host(address, there):
        shelf = queue_host.find_remote(Shelf, there / "shelf", text="a")
        assert shelf
        assert shelf.call(Shelf.write, "b") == "ab"
        assert shelf.call(Shelf.write, "c") == "abc"
        assert queue_host.call_at_home(Path.read_text, there / "shelf") == "abc"
        with pytest.raises(StateDamaged, match="it is damaged"):
            shelf.call(Shelf.fail)
        with pytest.raises(ItemFailed, match="_StrangeError"):
            shelf.call(Shelf.fail_strangely)
        assert queue_host.call_at_home(Path.exists, there / "shelf"), "an error ends nothing"
    assert (home / "shelf.closed").exists(), "objects are closed before the server has ended"
    assert not there.exists()


def test_a_lost_host_stops_the_task_and_counts_no_failure(memory: Path) -> None:
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(serve(memory))
        stack.enter_context(queue_host_client.use_host(address, memory))
        assert queue_host.call_at_home(Path.is_dir, memory)
        stack.pop_all().close()
        with queue_host_client.use_host(address, memory), pytest.raises(Stopping):
            queue_host.call_at_home(Path.is_dir, memory)


def make_certificates(folder: Path) -> Certificates:
    """Make an authority's certificate that is also that of its hosts."""
    folder.mkdir()
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(cert)),
        ],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Certificates(str(cert), str(cert), str(key))


@pytest.mark.needs("openssl")
def test_an_encrypted_host_answers_those_of_its_authority_alone(memory: Path) -> None:
    own, other = make_certificates(memory / "own"), make_certificates(memory / "other")
    stranger = Certificates(own.ca, other.cert, other.key)
    with serve(memory, own) as address:
        for certificates in (None, other, stranger):
            wrong = structs.replace(address, certificates=certificates)
            with queue_host_client.use_host(wrong, memory), pytest.raises(Stopping):
                queue_host.call_at_home(Path.is_dir, memory)
        with queue_host_client.use_host(address, memory):
            assert queue_host.call_at_home(Path.is_dir, memory)
