"""The records of a session: what each step has done with each input, and what came of it.

    state/<hash of the source>/split-chunks.0.json      of the first input of a step

A step is done again only if its input, its parameters, a file that they name or the version of its
processor have changed, or if an output is missing. A new session begins with the records of earlier
ones that had the same source and output folder. They also say which files in an output folder may
be replaced: those that an earlier run has made, and that nobody has changed since.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.media import open_file
from mediakeep.untrusted_files import read_json
from mediakeep.workspace.place_file import PlacedFile
from mediakeep.workspace.system_errors import translate_errors

STATE_FOLDER = "state"  # in that of a session


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a step has done with an input.

    `key` identifies the input's content, the processor with its version, and the parameters; "" if
    the user wants the step to be done again. `outputs` are being placed unless `is_placed`: some
    may not exist yet, and files in `replaced` may still exist.
    """

    key: str
    input: PlacedFile
    outputs: tuple[PlacedFile, ...] = ()
    replaced: tuple[PlacedFile, ...] = ()
    is_placed: bool = False
    metrics: dict[str, Any] = {}
    seconds: float = 0.0

    def is_valid(self, key: str) -> bool:
        """Return whether the step need not be done again for a key."""
        paths = (path_text.unescape_path(file.path) for file in self.outputs)
        return self.is_placed and self.key == key and all(map(os.path.isfile, paths))


class FileRecords(msgspec.Struct, frozen=True):
    """The records of one source, in their folder."""

    folder: Path

    @classmethod
    def from_source(cls, session: Path, source: str) -> FileRecords:
        """Return the records of a source, whose path is escaped, in the folder of a session."""
        name = sha256(os.fsencode(path_text.unescape_path(source))).hexdigest()[:32]
        return cls(session / STATE_FOLDER / name)

    def load(self, step: str, number: int) -> StepRecord | None:
        """Return the record of an input of a step; one that is damaged counts as missing."""
        return read_json(self._get_path(step, number), StepRecord)

    def save(self, step: str, number: int, record: StepRecord, *, flush: bool = False) -> None:
        """Write a record; raise DiskFull and NotCopied.

        It is not synced: if a loss of power takes it, the step is done again, and equal outputs
        are adopted. With `flush`, it is on its way to the disk before the next sync of another file
        there ends.
        """
        path = self._get_path(step, number)
        with translate_errors(path):
            atomic_files.write_atomic(path, msgspec.json.encode(record), sync=False)
            if flush:
                with atomic_files.open_handle(path) as handle:
                    atomic_files.start_writeback(handle)

    def load_all(self, step: str) -> list[StepRecord]:
        """Return the records of all inputs of a step, up to the first that is missing."""
        found = list[StepRecord]()
        while record := self.load(step, len(found)):
            found.append(record)
        return found

    def prune(self, step: str, count: int) -> None:
        """Remove the records of inputs that a step has no more, and what it has made of them."""
        for number, record in enumerate(self.load_all(step)):
            if number >= count:
                for file in (*record.outputs, *record.replaced):
                    remove_own(file)
                self._get_path(step, number).unlink()

    def _get_path(self, step: str, number: int) -> Path:
        return self.folder / f"{step}.{number}.json"

    def invalidate(self) -> None:
        """Let all steps be done again; what they have made may still be replaced."""
        for path in self.folder.glob("*.json"):
            step, number, _ = path.name.rsplit(".", 2)
            if record := self.load(step, int(number)):
                self.save(step, int(number), msgspec.structs.replace(record, key=""))

    def adopt(self, earlier: Path) -> None:
        """Begin with the records of an earlier session, which are replaced, never changed."""
        with translate_errors(self.folder):
            self.folder.mkdir()
            for entry in os.scandir(earlier):
                try:
                    os.link(entry.path, f"{self.folder}/{entry.name}")
                except OSError:  # the file system has no hard links
                    shutil.copyfile(entry.path, f"{self.folder}/{entry.name}")


def remove_own(file: PlacedFile) -> None:
    """Remove a file that an earlier run has made, unless it was changed since."""
    with translate_errors(file.location):
        if file.is_unchanged:
            file.location.unlink()


def describe_input(path: str, known: PlacedFile | None = None) -> PlacedFile:
    """Return what identifies a file; it is hashed unless `known` has its path, size and time.

    `path` is escaped. Raise Unreadable.
    """
    place = path_text.to_path(path)
    with open_file.translate_errors(place):
        facts = place.stat()
    now = (path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    if known and (known.path, known.size, known.mtime_ns, known.inode) == now:
        return known
    with open_file.open_regular_file(place) as handle, open_file.translate_errors(place):
        return PlacedFile(path, file_copies.file_sha256(handle.fileno()), *now[1:])


def build_key(file: PlacedFile, *values: Any) -> str:
    """Return the key of a record for the content of an input and all that its outputs depend on."""
    content = msgspec.json.encode([file.sha256, values], order="deterministic")
    return sha256(content).hexdigest()


def find_earlier(sessions: Iterable[Path]) -> Mapping[str, Path]:
    """Return the newest folder with the records of each source, by its name.

    `sessions` are the folders of sessions, oldest first.
    """
    states = (session / STATE_FOLDER for session in sessions)
    folders = (path for state in states if state.is_dir() for path in state.iterdir())
    return {path.name: path for path in folders}
