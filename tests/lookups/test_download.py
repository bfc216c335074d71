"""Downloads continue where they were cut, and are verified before they get their name."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep import atomic_files
from mediakeep.errors import (
    DownloadMismatch,
    MediakeepError,
    NotFound,
    Outage,
    RequestRefused,
    ServiceFailed,
    TransferCut,
)
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import HttpEnvironment, Secret
from mediakeep.lookups.transfer import RemoteFile, download_file
from mediakeep.outcome import Stopping
from tests.lookups.conftest import Clock, Scripted, answer, raw
from tests.lookups.episode_clients import EpisodeClients, RecordedProgress
from tests.patience import PATIENCE
from tests.sampling import each_row

FILES = {"path": "/7/items/"}  # of the requests that send files, after the redirect
SIZE = 300_000
KIB = 1024


def download(
    clients: EpisodeClients, target: Path, remote: RemoteFile | None = None, stop_at: int = SIZE + 1
) -> list[int]:
    """Download a file; return the bytes that were there at each report."""
    progress = RecordedProgress(stop_at)
    session = clients.open_archive_session()
    download_file(session, remote or clients.find_audio(), target, progress)
    session.close()
    return progress.reports


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_cut_download_continues_behind_its_last_whole_block(clients: EpisodeClients) -> None:
    target = clients.folder / "new" / "a.wav"
    clients.services.fail("cut", after=150_000, where=FILES)
    with pytest.raises(
        TransferCut, match=r"a\.wav: connection cut after 131,072 of 300,000"
    ) as cut:
        download(clients, target)
    assert cut.value.made_progress == 128 * KIB
    assert list_names(target.parent) == ["a.wav.part", "a.wav.part.json"]
    clients.services.fail("cut", after=20_000, where=FILES)  # less than a block
    with pytest.raises(TransferCut) as cut:
        download(clients, target)
    assert cut.value.made_progress == 128 * KIB
    assert download(clients, target)[0] == 192 * KIB
    assert list_names(target.parent) == ["a.wav"]
    assert target.stat().st_size == SIZE


def test_a_stop_request_keeps_what_was_received(clients: EpisodeClients) -> None:
    target = clients.folder / "a.wav"
    with pytest.raises(Stopping):
        download(clients, target, stop_at=100_000)
    assert download(clients, target)[0] == 192 * KIB


def test_a_killed_download_continues(clients: EpisodeClients) -> None:
    target, remote = clients.folder / "a.wav", clients.find_audio()
    clients.services.fail("slow", rate=200_000, where=FILES)
    if not (child := os.fork()):
        try:
            download(clients, target, remote)
        finally:
            os._exit(1)
    part, end = target.with_name("a.wav.part"), time.monotonic() + PATIENCE
    while not (part.exists() and part.stat().st_size >= 64 * KIB) and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    kept = part.stat().st_size
    assert 64 * KIB <= kept < SIZE
    clients.services.faults.clear()
    assert download(clients, target)[0] > kept


@each_row(
    ("fault", "parameters", "damage", "expected"),
    [
        ("ignore_range", {}, "", 64 * KIB),  # the whole file is sent: begin again
        ("slow", {"rate": 1e9}, "", 192 * KIB),
        ("slow", {"rate": 1e9}, "record", 64 * KIB),  # what the partial file is, is not known
        ("slow", {"rate": 1e9}, "other", 64 * KIB),  # it is another file
        ("slow", {"rate": 1e9}, "longer", 64 * KIB),
        ("slow", {"rate": 1e9}, "validator", 64 * KIB),  # the file was replaced on the server
        ("error", {"status": 503, "retry_after": "7"}, "", 192 * KIB),
    ],
)
def test_a_partial_file_is_used_only_if_it_fits(
    clients: EpisodeClients,
    clock: Clock,
    tmp_path: Path,
    fault: str,
    parameters: dict[str, object],
    damage: str,
    expected: int,
) -> None:
    target, remote = tmp_path / "a.wav", clients.find_audio()
    with pytest.raises(Stopping):
        download(clients, target, stop_at=100_000)
    part, record = target.with_name("a.wav.part"), target.with_name("a.wav.part.json")
    if damage == "record":
        record.write_bytes(b'{"remote": {')
    elif damage == "longer":
        part.write_bytes(bytes(SIZE + 1))
    elif damage:
        facts = msgspec.json.decode(record.read_bytes())
        facts |= {"validator": '"old"'} if damage == "validator" else {}
        facts["remote"]["checksum"] += "0" if damage == "other" else ""
        record.write_bytes(msgspec.json.encode(facts))
    clients.services.fail(fault, where=FILES, **parameters)
    clock.slept.clear()
    assert download(clients, target, remote)[0] == expected
    assert clock.slept == ([7.0] if fault == "error" else [])
    clients.services.faults.clear()


@each_row("status", [401, 403, 451])
def test_what_was_received_is_kept_when_the_rest_is_refused(
    clients: EpisodeClients, tmp_path: Path, status: int
) -> None:
    target = tmp_path / f"{status}.wav"
    with pytest.raises(Stopping):
        download(clients, target, stop_at=100_000)
    clients.services.fail("error", status=status, where=FILES)
    with pytest.raises(RequestRefused, match=f"HTTP status {status}") as raised:
        download(clients, target)
    assert raised.value.retry_after is None  # counts as an attempt
    assert download(clients, target)[0] == 192 * KIB


def test_a_longer_file_is_not_cut_to_its_size(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path
) -> None:
    server.manners["/f"] = [raw(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n12345")]
    remote = RemoteFile(f"{server.host}/f", 4)
    with pytest.raises(DownloadMismatch, match="it has more than 4 bytes"):
        download_file(DirectSession(server.service(), tmp_path, machine), remote, tmp_path / "a")


def test_a_partial_file_without_a_known_checksum_is_not_continued(clients: EpisodeClients) -> None:
    remote = msgspec.structs.replace(clients.find_audio(), checksum="")
    with pytest.raises(Stopping):
        download(clients, clients.folder / "a.wav", remote, stop_at=100_000)
    assert download(clients, clients.folder / "a.wav", remote)[0] == 64 * KIB


def test_a_file_that_does_not_fit_its_checksum_is_kept_apart(clients: EpisodeClients) -> None:
    target = clients.folder / "new" / "a.wav"
    clients.services.fail("corrupt", times=2, where=FILES)
    for _ in range(2):
        with pytest.raises(DownloadMismatch, match=r"its checksum is [0-9a-f]{32} instead of"):
            download(clients, target)
        assert list_names(target.parent) == ["a.wav.bad"]
    assert download(clients, target)[0] == 64 * KIB


@each_row(
    ("changes", "fault", "error", "text"),
    [
        ({"size": SIZE - 1}, {}, DownloadMismatch, "it has 300000 bytes instead of 299999"),
        ({"size": SIZE + 1}, {}, DownloadMismatch, "it has 300000 bytes instead of 300001"),
        ({"url": "/download/x/y.mp3"}, {}, NotFound, "has nothing at"),
        ({}, {"name": "html"}, ServiceFailed, "returned a web page instead of data"),
        ({}, {"name": "error", "status": 403}, ServiceFailed, "HTTP status 403"),
        ({}, {"name": "error", "status": 416}, ServiceFailed, "416 instead of the rest"),
        ({}, {"name": "error", "status": 503, "times": 99}, Outage, "HTTP status 503"),
        ({}, {"name": "refuse", "times": 99}, Outage, "cannot connect"),
    ],
)
def test_each_failure_has_its_error(
    clients: EpisodeClients,
    tmp_path: Path,
    changes: dict[str, object],
    fault: dict[str, object],
    error: type[MediakeepError],
    text: str,
) -> None:
    clients.environment.sleep(4000)  # after the outage of another row
    remote = msgspec.structs.replace(clients.find_audio(), **changes)
    if remote.url.startswith("/"):
        remote = msgspec.structs.replace(remote, url=clients.url + remote.url)
    if fault:
        clients.services.fail(where=FILES, **fault)  # type: ignore[arg-type]
    with pytest.raises(error, match=text):
        download(clients, tmp_path / "a.wav", remote)
    assert not (tmp_path / "a.wav").exists()
    clients.services.faults.clear()


def test_a_server_that_is_down_delays_its_own_files_only(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path
) -> None:
    other = Scripted()
    other.manners["/f"] = [answer(503)]
    server.manners["/down"] = [answer(302, b"", Location=f"{other.host}/f")]
    session = DirectSession(server.service(), tmp_path, machine)
    for _ in range(2):
        with pytest.raises(Outage, match="HTTP status 503"):
            session.exchange("GET", f"{server.host}/down")
        assert session.exchange("GET", f"{server.host}/works").status_code == 200
    other.stop()


def test_a_full_disk_is_reported_and_the_download_continues_later(
    clients: EpisodeClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, write = clients.folder / "a.wav", atomic_files.write_all

    def fill(handle: int, data: bytes) -> None:
        if os.fstat(handle).st_size >= 128 * KIB:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(handle, data)

    monkeypatch.setattr(atomic_files, "write_all", fill)
    with pytest.raises(OSError, match=r"No space left on device: .*a\.wav\.part"):
        download(clients, target)
    monkeypatch.setattr(atomic_files, "write_all", write)
    assert download(clients, target)[0] == 192 * KIB


def test_passwords_of_other_programs_are_not_sent(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login name password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.manners["/f"] = [answer(302, b"", Location="/g")]
    token = structs.replace(server.service(), secret=Secret("token"))
    for service, sent in ((server.service(), None), (token, "Bearer token")):
        DirectSession(service, tmp_path, machine).exchange("GET", f"{server.host}/f")
        assert [headers.get("Authorization") for headers in server.headers[-2:]] == [sent] * 2
