"""Jobs whose items are texts: added, scanned, run in some stages, resumed after cuts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from msgspec import structs

from mediakeep import kinds
from mediakeep.commands import job_command, queue_manager
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue.history import event_log
from mediakeep.stages import Stage, StageTable
from tests.crash.gate import Gate
from tests.job_kinds import RecordingHome
from tests.reference import box_service
from tests.reference.box_service import BoxService
from tests.reference.transfer import KIND, Transfer

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

    def list_stages(self) -> list[dict[str, Any]]:
        """Return the ends of stages in the history."""
        files = event_log.list_files(self.queue)
        events = [event for path in files for _, event in event_log.iter_events(path)]
        return [event for event in events if event["op"] == "stage"]

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
    near = {
        "https://archive.org/details/x": "migrate_episodes.py run takes items",
        "": "takes items",
    }
    for text in ("https://archive.org/details/x", "songs/a", ""):
        out = transfers.batch("--add", "box://songs/a", "--add", text, code=2)
        assert f'"{text}" cannot be added: it is no transfer.' in out
        example = "process_transfers.py takes items such as box://songs/a.flac."
        assert near.get(text, example) in out
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
    # An upload is opened, and fails; so do the two attempts that continue with it.
    assert calls == ["fetching", "sending", *["sending"] * 3]
    assert len(transfers.notes("open")) == 1


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


def test_an_upload_that_is_recorded_is_not_opened_again(transfers: TransferHome) -> None:
    transfers.batch("--add", "box://songs/a", "--refuse", code=1)
    opened = transfers.item()
    assert isinstance(opened, Transfer)
    assert opened.upload == "upload of a"
    transfers.manage("--reset-transfer", "a")
    assert transfers.item().processing_stage == "sending"
    transfers.batch()
    assert transfers.list_sent() == ["a"]
    assert len(transfers.notes("open")) == len(transfers.notes("call a fetching")) == 1
    ends = [(event["stage"], event["next"]) for event in transfers.list_stages()]
    assert ends == [("fetching", "sending"), ("sending", "sending")]


# The writes of a batch: the journal and what the worker noted, which is "call fetching", "call
# sending", "open", "call sending".
_JOURNAL, _NOTES = r"processing_queue\.journal/", r"notes\.log"


@pytest.mark.parametrize(
    ("paths", "first", "last"),
    [
        pytest.param(_NOTES, 4, 4, id="between the two"),
        pytest.param(f"{_JOURNAL}|{_NOTES}", 1, 99, id="everywhere", marks=pytest.mark.loop),
    ],
)
def test_a_kill_between_opening_and_sending_loses_no_upload(
    paths: str, first: int, last: int, transfers: TransferHome, service: BoxService
) -> None:
    """The batch is killed before each of its writes."""
    opens = []
    for at in range(first, last + 1):
        home, begin = TransferHome(transfers.root / f"{at}"), len(service.sent)
        home.path.mkdir(parents=True)
        home.manage("--scan", "box://songs")
        if not _kill(home, at, paths):
            break
        item, fetched = home.item(), service.sent[begin:]
        assert isinstance(item, Transfer)
        home.batch("--batch-size", 1)
        opens.append(home.notes("open").count("a"))
        assert "a" in home.list_sent()
        if item.processing_stage == "sending":
            assert service.sent[begin:] == fetched
        if item.upload:
            assert opens[-1] == 1
    assert opens
    assert at == last or set(opens) == {1, 2}  # an upload that is not recorded is opened again


def _kill(home: TransferHome, at: int, paths: str) -> bool:
    """Kill a batch before one of its writes; return False if it ended before."""
    gate = Gate(home.root / "gate", at, names="pwrite|write", paths=paths)
    with subprocess.Popen(
        home.command(KIND.batch_script, "--workers", 1, "--batch-size", 1),
        env={**os.environ, **gate.environment},
    ) as process:
        if is_reached := gate.wait(process):
            gate.kill(process)
    return is_reached


def test_commands_use_the_stages_that_the_queue_was_created_with(
    transfers: TransferHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(transfers.scripts)
    monkeypatch.setattr(kinds, "list_kinds", kinds.list_kinds.__wrapped__)  # not cached
    stored = structs.replace(KIND, stores_stages=True)
    sorting = Stage("sorting", ("sending",))
    changed = structs.replace(
        stored, stages=StageTable((sorting, *KIND.stages.stages[1:]), completed="completed")
    )

    def run(kind: Kind, *words: str, code: int = 0, manage: bool = False) -> str:
        build = queue_manager.build_manager if manage else _build_command
        command = build(kind)
        done = CliRunner().invoke(command, ["--home", str(transfers.path), *words])
        assert done.exit_code == code, done.output
        return done.output

    run(stored, "--scan", "box://songs", "--stages", "fetching")
    assert transfers.state().count_by_stage() == {"sending": 3}
    text = 'No stage "sorting"; the stages are fetching, sending.'
    assert text in run(changed, "--stages", "sorting", code=2)
    backup = str(transfers.root / "backup.tar.gz")
    run(changed, "--backup", backup, manage=True)
    run(changed, "--all")
    assert transfers.list_sent() == ["a", "b", "c"]

    for path in transfers.queue.rglob("*.json"):
        path.write_text("damaged")
    assert "its head has no stages" in run(changed, "--list", code=3, manage=True)
    run(changed, "--restore-backup", backup, "--yes", manage=True)
    assert transfers.state().count_by_stage() == {"sending": 3}
    run(changed, "--all")


def _build_command(kind: Kind) -> click.Command:
    options = (click.option("--refuse", is_flag=True), click.option("--then", default="sending"))
    return job_command.build_command(kind, options)
