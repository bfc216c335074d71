"""Jobs whose items are texts: added, scanned, run in some stages, resumed after cuts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.item import Item, Status
from tests.job_kinds import RecordingHome
from tests.reference import box_service
from tests.reference.box_service import BoxService
from tests.reference.transfer import KIND

KIB = 1024


class TransferHome(RecordingHome):
    """A home, and a service with the files of its transfers."""

    kind = KIND

    @property
    def service(self) -> Path:
        return self.root / "service"

    def make_files(self, *names: str, size: int = 8) -> None:
        (self.service / "songs").mkdir(parents=True, exist_ok=True)
        self.path.mkdir(exist_ok=True)
        for name in names:
            (self.service / "songs" / name).write_bytes(name.encode() * size)

    def item(self, name: str = "a") -> Item:
        return next(item for key, item in self.state().items.items() if name in (key, item.name))

    def list_sent(self) -> list[str]:
        return sorted(path.name for path in self.path.glob("sent/*"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[BoxService]:
    with box_service.serve(tmp_path / "service") as service:
        yield service


@pytest.fixture
def transfers(tmp_path: Path, service: BoxService, monkeypatch: pytest.MonkeyPatch) -> TransferHome:
    found = TransferHome(tmp_path)
    monkeypatch.setenv("SERVICE", str(found.service))
    monkeypatch.setenv("SERVICE_URL", service.url)
    found.make_files("a", "b", "c")
    return found


def test_a_text_is_added_as_the_user_wrote_it(transfers: TransferHome) -> None:
    out = transfers.batch("--add", "box://songs/a", "--add", "box://songs/b")
    assert "Added 2 transfers: a, b." in out
    assert transfers.list_sent() == ["a", "b"]
    assert [item.path for item in transfers.state().items.values()] == [
        "box://songs/a",
        "box://songs/b",
    ]
    assert "a is already done." in transfers.batch("--add", "box://songs/a")
    text = " ".join(transfers.batch("--help").split())
    assert "--add TEXT First add TEXT, such as box://songs/a.flac, as a new transfer;" in text


def test_a_collection_is_scanned_again_and_moves(transfers: TransferHome) -> None:
    out = transfers.batch("--dry-run", "--scan", "box://songs")
    assert "[3/3] c: planned" in out
    assert list(transfers.path.iterdir()) == []
    assert "New queue: 3 transfers." in transfers.manage("--scan", "box://songs")
    assert transfers.state().head.library_path == "box://songs"
    transfers.make_files("d")
    (transfers.service / "songs" / "c").unlink()
    out = transfers.batch("--scan", "box://songs", "--yes")
    assert "transfers on disk: 1 new, 1 vanished." in out
    assert transfers.list_sent() == ["a", "b", "d"]
    assert transfers.item("c").skip_reason == "vanished"
    (transfers.service / "songs").rename(transfers.service / "tunes")
    refused = transfers.batch("--scan", "box://tunes", code=2)
    assert "This queue belongs to box://songs, not to box://tunes." in refused
    transfers.manage("--relocate", "box://tunes")
    assert transfers.item().path == "box://tunes/a"


def test_a_restored_queue_of_texts_is_valid(transfers: TransferHome) -> None:
    transfers.manage("--scan", "box://songs")
    transfers.manage("--checkpoint")
    transfers.batch()
    transfers.manage("--restore-checkpoint", "latest")
    assert transfers.item().status is Status.PENDING
    transfers.manage("--validate-queue")


def test_a_text_that_no_kind_takes_is_refused_with_the_nearest_example(
    transfers: TransferHome,
) -> None:
    for text in ("https://archive.org/details/x", "songs/a", ""):
        out = transfers.batch("--add", "box://songs/a", "--add", text, code=2)
        assert f'"{text}" cannot be added: it is no transfer.' in out
        assert "process_transfers.py takes items such as box://songs/a.flac." in out
    assert not transfers.queue.exists()
    recordings = RecordingHome(transfers.root)
    recordings.make("Alpha")
    done = recordings.execute("process_recordings.py", "--add", "https://archive.org/details/x")
    assert done.returncode == 2
    assert '"https://archive.org/details/x" cannot be added: it is no recording.' in done.stderr


def test_the_stage_that_failed_is_kept_next_to_a_code_that_stages_share(
    transfers: TransferHome,
) -> None:
    words = ("--refuse", "--stage-retries", "sending=1")
    transfers.batch("--add", "box://songs/a", *words, code=1)
    failed = transfers.item()
    assert (failed.processing_stage, failed.failed_stage) == ("failed", "sending")
    assert transfers.state().count_by_stage() == {"failed": 1}
    assert "next stage sending" in transfers.batch("--list-resumable")
    assert "Failed in sending: 1 transfer, 1 attempt" in transfers.manage("--show-summary")
    again = transfers.manage("--reset-transfer", "a", "--to", "sending")
    assert "a" in again
    assert (transfers.item().processing_stage, transfers.item().failed_stage) == ("sending", "")
    transfers.batch(*words, code=1)
    transfers.batch("--retry-failed")
    assert transfers.list_sent() == ["a"]
    assert transfers.item().failed_stage == ""
    calls = [line.rpartition(" ")[2] for line in transfers.notes("call")]
    assert calls == [*("fetching", "sending", "sending", "sending"), *("fetching", "sending")]


def test_a_cut_connection_is_no_attempt_if_bytes_have_arrived(
    transfers: TransferHome, service: BoxService
) -> None:
    transfers.make_files("a", size=400 * KIB)
    service.cut_after = 64 * KIB
    out = transfers.batch("--add", "box://songs/a", "--wait")
    ends = [min(64 * KIB * number, 400 * KIB) for number in range(1, 8)]
    assert service.sent == list(zip([0, *ends], ends, strict=False))
    assert transfers.list_sent() == ["a"]
    done = transfers.item()
    assert (done.attempts, done.made_progress, done.refunds) == ({"sending": 1}, 0, 0)
    assert "The connection was cut after 65536 bytes." in out


def test_a_cut_connection_is_an_attempt_if_few_bytes_have_arrived(
    transfers: TransferHome, service: BoxService
) -> None:
    transfers.make_files("a", size=400 * KIB)
    service.cut_after = 64 * KIB - 1
    transfers.batch("--add", "box://songs/a", "--wait", code=1)
    assert len(service.sent) == 3
    failed = transfers.item()
    assert (failed.status, failed.not_before, failed.attempts) == (
        *(Status.ERROR, "", {"fetching": 3}),
    )
    assert failed.made_progress == 3 * (64 * KIB - 1)
    service.cut_after = 0
    transfers.batch("--retry-failed")
    assert service.sent[-1] == (failed.made_progress, 400 * KIB)
    assert transfers.list_sent() == ["a"]
