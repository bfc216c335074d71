"""The marker of an unfinished restore, during which neither the old nor the new state is complete.

The marker is in a folder next to that of the queue, so that every reader of the queue finds it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import command_text, home_folder, path_text
from mediakeep.errors import StateDamaged
from mediakeep.untrusted_files import decode_json, read_bytes

MARKER_FILE = "order.json"
_PREFIX = ".restoring_"  # of the folder; with a suffix, the restore has not begun or is done


class RestoreMarker(msgspec.Struct, frozen=True):
    """An unfinished restore: the backup file, and the folder for the replaced files."""

    id: str
    file: str
    replaced: str  # name of a folder in `status/`
    manager: str  # the command that finishes it
    head: msgspec.Raw  # the description of the backup


def marker_folder(folder: Path) -> Path:
    """Return the folder with the files that an unfinished restore has still to install."""
    return folder.parent / f"{_PREFIX}{folder.name}"


def read_marker(folder: Path) -> RestoreMarker | None:
    """Return the unfinished restore of a queue, or None."""
    path = marker_folder(folder) / MARKER_FILE
    try:
        return decode_json(read_bytes(path), RestoreMarker)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise StateDamaged(
            f"{path_text.display_path(path)} cannot be read: {error}. Nothing was changed."
            " Move its folder away, then restore the backup again."
        ) from error


def refuse_unfinished(folder: Path) -> None:
    """Raise StateDamaged if the restore of a backup is unfinished.

    The message names the command that finishes it.
    """
    # of a named queue also while the main one is restored, which carries its folder over
    folder = folder if read_marker(folder) or folder.parent.name == "status" else folder.parent
    if order := read_marker(folder):
        raise StateDamaged(
            "A restore is unfinished: its files are in "
            f"{path_text.display_path(marker_folder(folder))}."
            " Nothing was changed. If it is not running, finish it:\n  "
            f"{_format_resume_command(folder, order)}"
        )


def refuse_unfinished_below(folder: Path) -> None:
    """Raise StateDamaged if the restore of a named queue is unfinished; `folder` is the main one's.

    The restore of the main queue would set its files aside.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        if not path.suffix:
            refuse_unfinished(folder / path.name.removeprefix(_PREFIX))


def _format_resume_command(folder: Path, marker: RestoreMarker) -> str:
    words = f"--restore-backup {path_text.quote_escaped(marker.file)} --yes"
    return command_text.format_command(marker.manager, home_folder.find_queue_home(folder), words)
