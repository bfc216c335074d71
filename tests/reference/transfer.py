"""A kind of jobs whose items are texts: transfers, which fetch a file of a service and send it on.

The service has the files of the folder that SERVICE names, at the address in SERVICE_URL; a file is
named as in "box://songs/a.flac". What is fetched is kept, so that a cut connection is resumed.
Before a file is sent, an upload is opened and recorded, so that it is opened once.
"""

from __future__ import annotations

import contextlib
import functools
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from mediakeep.app.subjects.interface import JobActions, Settings, Subject, WorkerOptions
from mediakeep.errors import ItemFailed
from mediakeep.item import Item, NewItem, ScannedItem
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Progress, Work, Worker
from mediakeep.stages import Retry, Stage, StageTable
from tests.runner import notes

_SCHEME = "box://"
_BLOCK = 65_536


class Transfer(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A file of the service; its `path` is the text that the user added."""

    upload: str = ""  # the opened upload


class ConnectionCut(ItemFailed):
    """Raised with the number of bytes that were fetched so far, by all attempts."""

    message = "The connection was cut after {} bytes."

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.made_progress = size


def _find_reset_limit(item: Item) -> str:
    """Return the stage before which an item cannot begin again: its upload is opened once."""
    assert isinstance(item, Transfer)
    return "sending" if item.upload else ""


KIND = Kind(
    name="transfers",
    noun="transfer",
    plural="transfers",
    manager_script="transfer_queue_manager.py",
    batch_script="process_transfers.py",
    item_type=Transfer,
    subject=f"{__name__}:SUBJECT",
    interface=1,
    item_examples=("box://songs/a.flac",),
    stages=StageTable(
        (
            Stage("fetching", ("sending",), "failed", Retry(3, 0.0)),
            Stage("sending", ("sending",), "failed", Retry(2, 0.0)),
        ),
        completed="completed",
    ),
    reset_limit=_find_reset_limit,
    library_noun="files",
)


@contextlib.contextmanager
def _open_worker(home: Path, options: WorkerOptions) -> Iterator[Worker]:
    """Yield the worker of transfers."""

    def work(work: Work, _: Progress) -> Outcome:
        item = work.item
        assert isinstance(item, Transfer)
        notes.note(home, "call", item.output_name, work.stage)
        if work.stage == "fetching":
            return _fetch(home, item, options.settings)
        if work.stage != "sending":
            return Outcome(next_stage="sending")
        if not item.upload:
            notes.note(home, "open", item.output_name)
            return Outcome(data={"upload": f"upload of {item.name}"}, next_stage="sending")
        return _send(home, item, options.settings)

    yield work


def _find_in_service(text: str) -> Path:
    return Path(os.environ["SERVICE"]) / text.removeprefix(_SCHEME)


def _locate_copy(home: Path, item: Item) -> Path:
    return home / "working" / item.output_name


def _fetch(home: Path, item: Item, settings: Settings) -> Outcome:
    """Append what the service sends to what is there."""
    target = _locate_copy(home, item)
    target.parent.mkdir(exist_ok=True)
    with target.open("ab") as stream:
        url = f"{os.environ['SERVICE_URL']}/{item.path.removeprefix(_SCHEME)}"
        wanted = urllib.request.Request(url, headers={"Range": f"bytes={stream.tell()}-"})
        with urllib.request.urlopen(wanted) as response:
            missing = int(response.headers["Content-Length"])
            while block := response.read(_BLOCK):
                missing -= stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    if missing:
        raise ConnectionCut(target.stat().st_size)
    return Outcome(next_stage=settings["then"])


def _send(home: Path, item: Item, settings: Settings) -> Outcome:
    if settings["refuse"]:
        raise ItemFailed("The service refuses the file.")
    (home / "sent").mkdir(exist_ok=True)
    target = home / "sent" / item.output_name
    if not target.exists():  # after a kill before this was recorded
        _locate_copy(home, item).replace(target)
    return Outcome(message="sent")


def _scan_library(root: str, _ignored: tuple[str, ...]) -> Iterator[ScannedItem]:
    """List the files of a folder of the service."""
    for path in sorted(_find_in_service(root).iterdir()):
        mark = f"{path.stat().st_size}"
        yield ScannedItem(key=path.name, path=f"{root}/{path.name}", fingerprint=mark)


def _build_item(text: str, _settings: Settings) -> NewItem | None:
    if not text.startswith(_SCHEME):
        return None
    return NewItem(name=text.rpartition("/")[2], path=text)


SUBJECT = Subject(
    kind=KIND,
    scan_library=_scan_library,
    worker_factory=lambda home, options: functools.partial(_open_worker, home, options),
    jobs=JobActions(plan=lambda *_: ["fetched and sent"], build_item=_build_item),
)
