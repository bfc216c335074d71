"""Place a finished file in an output folder, never over another one.

1. A file for another file system is copied there, hidden, and verified.
2. The name that it will get is recorded in the state folder, with what identifies the file.
3. If an earlier output of the same job has that name, it goes to quarantine.
4. The file gets the name. If another process takes it meanwhile, the next name is tried.

A call after a kill finds by the record what was placed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text
from mediakeep.errors import TargetExists, WorkingFilesChanged
from mediakeep.untrusted_files import decode_json, read_bytes
from mediakeep.workspace import moves, quarantine
from mediakeep.workspace.copy_progress import CopyProgress, Report
from mediakeep.workspace.manifest import Manifest, describe_file, has_content
from mediakeep.workspace.system_errors import translate_errors, write_working_file

_RECORD_FILE = "placed.json"


class PlacedFile(msgspec.Struct, frozen=True):
    """A file in an output folder; `path` is escaped.

    Time and inode tell it from an equal file of another job. They may be unknown in
    `PlacingRules.own`.
    """

    path: str
    sha256: str
    size: int = 0  # bytes
    mtime_ns: int = 0
    inode: int = 0

    @property
    def location(self) -> Path:
        return Path(path_text.unescape_path(self.path))

    @property
    def is_unchanged(self) -> bool:
        """Whether its path is a file with its hash; links are not followed."""
        return has_content(self.location, self.sha256)

    def withdraw(self, reason: str, now: clock.Clock = clock.now) -> str:
        """Move the file to the quarantine of its folder, unless it was changed.

        Return a line on what was done, or "" if it is missing.
        """
        path, shown = self.location, path_text.display_path(self.location)
        if not os.path.lexists(path):
            return ""
        if not self.is_unchanged:
            return f"Kept, because it was changed after it was placed: {shown}"
        quarantine.move_to_quarantine(path, path.parent, reason, now)
        return f"Moved to quarantine: {shown}"


class PlacingRules(msgspec.Struct, frozen=True):
    """How to place a file; `state` is the folder of its record.

    `own` is an earlier output of the same job, which goes to quarantine for a `reason` if it is
    unchanged. `mode` is the file's mode, or None to keep it.
    """

    state: Path
    own: PlacedFile | None = None
    mode: int | None = None
    reason: str = "replaced by a new output"
    now: clock.Clock = clock.now

    def set_own_aside(self) -> None:
        if self.own:
            self.own.withdraw(self.reason, self.now)


def place_file(
    source: Path, target: Path, rules: PlacingRules, progress: Report | None = None
) -> PlacedFile:
    """Move a file to a target, or to "<name> (2)" next to it if another file has that name.

    It can be called again after a kill; `progress` may raise to stop. Raises WorkingFilesChanged if
    the file is missing, NotEnoughSpace, NotCopied and DiskFull.
    """
    placed = find_placed(rules.state)
    if os.path.lexists(source):
        counted = CopyProgress(source.stat().st_size, progress)
        files = Manifest((describe_file(source, source, counted),))
        sha256 = files.files[0].sha256
        with translate_errors(source):
            if rules.mode is not None:
                source.chmod(rules.mode)
            if placed:
                atomic_files.sync_folder(placed.location.parent)
        if placed is None or placed.sha256 != sha256:
            placed = moves.move_by(
                source,
                target,
                lambda staged: _take_name(staged, sha256, target, rules),
                files,
                counted,
                checks_space=True,
            )
        moves.remove_published(source, files)  # else placed by a call that was killed
    elif placed is None:
        raise WorkingFilesChanged(source, "it is missing", "Reset the job to make it again.")
    moves.remove_abandoned_parts(placed.location.parent)
    if rules.own and rules.own.path != placed.path:
        rules.set_own_aside()
    return placed


def find_placed(state: Path) -> PlacedFile | None:
    """Return the file that was placed according to a state folder, if it is still there."""
    path = state / _RECORD_FILE
    with translate_errors(path):
        try:
            placed = decode_json(read_bytes(path), PlacedFile)
            facts = placed.location.stat(follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None
    is_same_file = placed.inode == facts.st_ino or placed.mtime_ns == facts.st_mtime_ns
    return placed if is_same_file and placed.is_unchanged else None


def _list_names(target: Path, own: PlacedFile | None) -> Iterator[Path]:
    """Yield the names to try, first the one that an earlier output of the job has."""
    if own and own.location.parent == target.parent:
        variant = rf"{re.escape(target.stem)}( \(\d+\))?{re.escape(target.suffix)}"
        if re.fullmatch(variant, own.location.name):
            yield own.location
    yield target
    yield from (target.with_name(f"{target.stem} ({number}){target.suffix}") for number in count(2))


def _take_name(source: Path, sha256: str, target: Path, rules: PlacingRules) -> PlacedFile:
    """Record and rename a file to the first of its possible names that is free."""
    with translate_errors(source):
        facts = source.stat(follow_symlinks=False)
    for path in _list_names(target, rules.own):
        text = path_text.escape_path(path)
        placed = PlacedFile(text, sha256, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        write_working_file(rules.state / _RECORD_FILE, placed)
        if rules.own and rules.own.location == path:
            rules.set_own_aside()
        with contextlib.suppress(TargetExists):
            moves.rename_into_place(source, path)
            return placed
    raise AssertionError  # there are always more names
