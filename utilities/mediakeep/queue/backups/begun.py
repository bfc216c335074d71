"""The marker of an unfinished restore, during which neither the old nor the new state is complete.

Its folder is next to that of the queue, so that every reader of the queue finds it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import config, files
from mediakeep.errors import StateDamaged

ORDER = "order.json"


class Order(msgspec.Struct, frozen=True):
    """An unfinished restore: of which backup, and where the replaced files go."""

    id: str
    file: str
    replaced: str  # name of a folder in `status/`
    manager: str  # the command that finishes it
    head: msgspec.Raw  # the description of the backup


def place(folder: Path) -> Path:
    """Return the folder with the files that a restore has still to install."""
    return folder.parent / f".restoring_{folder.name}"


def read(folder: Path) -> Order | None:
    """Return the unfinished restore of a queue, or None."""
    path = place(folder) / ORDER
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order)
    except FileNotFoundError:
        return None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateDamaged(
            f"{files.display_path(path)} cannot be read: {error}. Nothing was changed."
            " Move its folder away, then restore the backup again."
        ) from error


def refuse(folder: Path) -> None:
    """Raise StateDamaged if a restore is unfinished, naming the command that finishes it."""
    if order := read(folder):
        raise StateDamaged(
            f"A restore is unfinished: its files are in {files.display_path(place(folder))}."
            f" Nothing was changed. If it is not running, finish it:\n  {_again(folder, order)}"
        )


def _again(folder: Path, order: Order) -> str:
    line = config.spoken(order.manager, folder.parent.parent)
    return f"{line} --restore-backup {files.quoted(order.file)} --yes"
