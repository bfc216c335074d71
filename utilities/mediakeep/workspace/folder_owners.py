"""Record who published a folder, so that it is not removed or replaced for another item.

<folder>/.mediakeep-owners.json   its owners; several if they published the same files

The file is no content of the folder: manifests, comparisons and copies leave it out.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.untrusted_files import read_json
from mediakeep.workspace.folder_locks import open_folder
from mediakeep.workspace.system_errors import translate_errors

_PREFIX = ".mediakeep-owners"
_OWNERS_FILE = f"{_PREFIX}.json"
_TEMP_FILE = f"{_PREFIX}.tmp"


class FolderOwner(msgspec.Struct, frozen=True):
    """An item of a home that has published a folder; the paths are escaped.

    `source` is the path of its original: owners with the same one have published the same item.
    """

    item: str
    home: str
    source: str

    def is_same_item(self, recorded: FolderOwner) -> bool:
        """Return whether a recorded owner is this item, whose original or home may have moved."""
        is_home = self.home == recorded.home or (
            self.source == recorded.source
            and not Path(path_text.unescape_path(recorded.home)).exists()
        )
        return self.item == recorded.item and is_home

    def describe(self) -> str:
        source, home = map(path_text.to_printable, (self.source, self.home))
        return f"{source} (home {home})"


class _OwnersRecord(msgspec.Struct, frozen=True):
    owners: tuple[FolderOwner, ...]
    format: int = 1


def is_owners_file(name: str) -> bool:
    """Return whether a file name is that of a record of owners."""
    return name.startswith(_PREFIX)


def read_owners(folder: Path) -> tuple[FolderOwner, ...]:
    """Return the recorded owners of a folder, () if there is no valid record."""
    record = read_json(folder / _OWNERS_FILE, _OwnersRecord)
    return record.owners if record else ()


def write_owner(folder: Path, owner: FolderOwner) -> None:
    """Record the only owner of a folder that is not published yet."""
    with _lock(folder):
        _write(folder, (owner,))


def add_owner(folder: Path, owner: FolderOwner) -> None:
    """Add an owner to a published folder; a folder without owners is the user's, and gets none."""
    with _lock(folder):
        if owners := read_owners(folder):
            _write(folder, (*_exclude(owners, owner), owner))


def remove_owner(folder: Path, owner: FolderOwner) -> None:
    """Remove one of the owners of a published folder."""
    with _lock(folder):
        _write(folder, _exclude(read_owners(folder), owner))


def remove_owners_file(folder: Path) -> None:
    """Remove the record of owners, as its folder is to be removed."""
    for name in (_OWNERS_FILE, _TEMP_FILE):
        (folder / name).unlink(missing_ok=True)


def _exclude(owners: Iterable[FolderOwner], owner: FolderOwner) -> tuple[FolderOwner, ...]:
    return tuple(other for other in owners if not owner.is_same_item(other))


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Lock a folder for a `with` block, after other processes have unlocked it."""
    with translate_errors(folder), open_folder(folder) as handle:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write(folder: Path, owners: tuple[FolderOwner, ...]) -> None:
    """Replace the record, by a temporary file whose name is that of a record, too."""
    data = msgspec.json.format(msgspec.json.encode(_OwnersRecord(owners)))
    temp = folder / _TEMP_FILE
    with temp.open("wb") as file:
        file.write(data)
        file.flush()
        atomic_files.sync_data(file.fileno())
    temp.replace(folder / _OWNERS_FILE)
    atomic_files.sync_folder(folder)
