"""A restore that is begun and not ended: what is there then is neither the old state nor the new.

Its folder lies beside the queue's, so that whoever asks for the queue learns of it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.errors import StateDamaged

ORDER = "order.json"


class Order(msgspec.Struct, frozen=True):
    """What has to be ended: the restore of which backup, and where what it replaces goes."""

    id: str
    file: str
    replaced: str  # a name in `status/`
    manager: str  # the command that ends it
    head: msgspec.Raw  # what the backup is of


def place(folder: Path) -> Path:
    """Return where the restore of a queue's folder keeps what it has still to put in place."""
    return folder.parent / f".restoring_{folder.name}"


def read(folder: Path) -> Order | None:
    """Return the restore of a queue's folder that is begun; None where there is none."""
    path = place(folder) / ORDER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateDamaged(
            f"{files.display_path(path)} cannot be read: {error}. Nothing was changed."
            " Move that folder"
            " away, then restore the backup again."
        ) from error


def refuse(folder: Path) -> None:
    """Refuse a queue whose restore is not ended; StateDamaged names the command that ends it."""
    if order := read(folder):
        raise StateDamaged(
            f"A restore is begun and not ended; what is left of it lies in"
            f" {files.display_path(place(folder))}. Nothing was changed. Wait where it is at work;"
            f" else end it:\n  {_again(folder, order)}"
        )


def _again(folder: Path, order: Order) -> str:
    line = config.spoken(order.manager, folder.parent.parent)
    return f"{line} --restore-backup {files.quoted(order.file)} --yes"
