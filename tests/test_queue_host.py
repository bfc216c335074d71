"""Workers of other hosts call what is about the home on the host of the queue."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep import home_rpc, queue_host_client, queue_host_server
from mediakeep.errors import ItemFailed, QueueHostLost, StateDamaged
from mediakeep.outcome import Aborting
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

    def give_strange(self) -> object:
        return lambda: None

    def close(self) -> None:
        self.path.with_suffix(".closed").touch()


class _StrangeError(Exception):
    """An error that pickle cannot send."""


def test_objects_and_functions_are_called_where_the_home_is(memory: Path) -> None:
    home, there = memory / "home", memory / "there"
    home.mkdir()
    assert not home_rpc.call_at_home(Path.exists, home / "shelf")
    assert home_rpc.build_remote_object(Shelf, home / "shelf") is None
    with serve(home) as address, queue_host_client.use_host(address, there):
        shelf = home_rpc.build_remote_object(Shelf, there / "shelf", text="a")
        assert shelf
        assert shelf.call(Shelf.write, "b") == "ab"
        assert shelf.call(Shelf.write, "c") == "abc"
        assert home_rpc.call_at_home(Path.read_text, there / "shelf") == "abc"
        with pytest.raises(StateDamaged, match="it is damaged"):
            shelf.call(Shelf.fail)
        with pytest.raises(ItemFailed, match="_StrangeError"):
            shelf.call(Shelf.fail_strangely)
        with pytest.raises(ItemFailed, match="pickle"):
            shelf.call(Shelf.give_strange)
        with pytest.raises(Exception, match="pickle"):
            shelf.call(Shelf.write, ["x" * 100_000, lambda: None])
        assert shelf.call(Shelf.write, "d") == "abcd", "its connection is used again"
        assert home_rpc.call_at_home(Path.exists, there / "shelf"), "an error ends nothing"
    assert (home / "shelf.closed").exists(), "objects are closed before the server has ended"
    assert not there.exists()


def test_a_lost_host_ends_the_batch_and_says_why(memory: Path) -> None:
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(serve(memory))
        with queue_host_client.use_host(address, memory):
            assert home_rpc.call_at_home(Path.is_dir, memory)
            stack.close()
            for _ in ("its connection is closed", "it has none"):
                with pytest.raises(Aborting) as lost:
                    home_rpc.call_at_home(Path.is_dir, memory)
                assert isinstance(lost.value.error, QueueHostLost)
                assert f"from worker {socket.gethostname()}: " in str(lost.value)


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
            with queue_host_client.use_host(wrong, memory), pytest.raises(Aborting):
                home_rpc.call_at_home(Path.is_dir, memory)
        with queue_host_client.use_host(address, memory):
            assert home_rpc.call_at_home(Path.is_dir, memory)


def test_a_service_that_fails_is_logged_and_prints_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail(_subject: str, _stream: object) -> None:
        raise ValueError("no number")

    with (
        queue_host_server.serve("127.0.0.1", {CALLS: fail}) as address,
        queue_host_client.connect(address, CALLS) as stream,
    ):
        assert stream.read() == b""
    assert caplog.messages == ["Connection of 127.0.0.1: ValueError('no number')"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.needs("openssl")
def test_the_end_waits_for_no_client_that_is_silent(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_host_client, "TIMEOUT", 3600.0)
    certificates = make_certificates(memory / "own")
    stack = contextlib.ExitStack()
    addresses = [stack.enter_context(serve(memory, each)) for each in (None, certificates)]
    with contextlib.ExitStack() as clients:
        for address in addresses:
            place = address.host, address.port
            clients.enter_context(socket.create_connection(place))
            # Connections are accepted in turn: once this one is closed, the first one is open.
            with socket.create_connection(place) as second:
                second.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while second.recv(100):  # TLS may say why it ends
                        pass
        _end(stack)


def _end(stack: contextlib.ExitStack) -> None:
    ending = threading.Thread(target=stack.close)
    ending.start()
    ending.join(60)
    assert not ending.is_alive()


def test_a_connection_whose_handler_starts_late_ends_with_the_others(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, released = threading.Event(), threading.Event()

    def start_late(_handler: object) -> None:
        started.set()
        released.wait()

    monkeypatch.setattr(queue_host_server._Handler, "setup", start_late)
    stack = contextlib.ExitStack()
    address = stack.enter_context(serve(memory))
    with socket.create_connection((address.host, address.port), 60) as client:
        try:
            line = queue_host_client.ConnectionRequest(address.token, CALLS)
            client.sendall(msgspec.json.encode(line) + b"\n")
            assert started.wait(60)
            ending = threading.Thread(target=_end, args=(stack,))
            ending.start()
            assert client.recv(1) == b"", "the server closes it before its handler reads it"
        finally:
            released.set()
        ending.join(60)
        assert not ending.is_alive()
