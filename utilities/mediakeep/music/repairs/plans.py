"""Plans of changes to music files, stored as plan files or shown as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import NewerFormat, UsageError
from mediakeep.media.audio.tag_edits import PICTURES_FIELD, CopyToNativeTags, SetField
from mediakeep.media.undo import change_text
from mediakeep.media.undo.record import FieldChange
from mediakeep.music.repairs.repair import EmbedCover, SaveCoverFile

PLAN_FORMAT = 1
COVER_FILE = "cover_file"  # field name of a picture saved next to the tracks
CONTAINER = "container"  # field name of a copy to the format's native tags

# a requested change; its picture is not read yet
FileChange = SetField | CopyToNativeTags | EmbedCover | SaveCoverFile


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A planned change of a field: old values, new values and the reason.

    For a picture, it has the hash and the file instead of values.
    """

    field: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""
    image: str = ""  # escaped path of the picture to embed


class FilePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The planned changes of one file, with its size and time when they were planned."""

    path: str  # escaped
    size: int
    mtime_ns: int
    changes: tuple[PlannedChange, ...]


class ChangePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a plan file."""

    format: int
    made: str = ""
    files: tuple[FilePlan, ...]


def build_file_plan(
    path: Path, size: int, mtime_ns: int, pending: Mapping[str, FieldChange], image: str
) -> FilePlan:
    """Build the plan of a file from its pending changes."""
    changes = [
        PlannedChange(
            field=field,
            old=change.old,
            new=change.new,
            reason=change.reason,
            image=image if field in (PICTURES_FIELD, COVER_FILE) else "",
        )
        for field, change in pending.items()
    ]
    return FilePlan(
        path=path_text.escape_path(path), size=size, mtime_ns=mtime_ns, changes=tuple(changes)
    )


def digest_plans(file_plans: Sequence[FilePlan]) -> str:
    """Return a digest of plans, which differs if a file, its version or a change differs."""
    return blake2b(msgspec.json.encode(file_plans), digest_size=12).hexdigest()


def is_still_valid(plan: FilePlan, current: FilePlan) -> bool:
    """Return whether a file is unchanged since it was planned; `current` is a new plan for it."""
    planned = {line.field: line for line in plan.changes}
    is_same = all(
        line.field in planned
        and planned[line.field].old == line.old
        and (not line.image or planned[line.field].new == line.new)  # it is the same picture
        for line in current.changes
    )
    return is_same and (plan.size, plan.mtime_ns) == (current.size, current.mtime_ns)


def requested_changes(plan: FilePlan) -> list[FileChange]:
    """Return a file's planned changes in the form in which they are written."""
    return [_requested_change(line) for line in plan.changes]


def _requested_change(line: PlannedChange) -> FileChange:
    if line.field == PICTURES_FIELD:
        return EmbedCover(line.image, line.reason)
    if line.field == COVER_FILE:
        return SaveCoverFile(line.image, line.reason)
    if line.field == CONTAINER:
        return CopyToNativeTags(line.reason)
    return SetField(line.field, line.new, line.reason)


def write_plan(path: Path, plans: Sequence[FilePlan], created: str) -> None:
    """Write a plan file; an existing file is only replaced if it is a plan, too."""
    if path.exists():
        read_plan(path)
    content = msgspec.json.encode(ChangePlan(format=PLAN_FORMAT, made=created, files=tuple(plans)))
    atomic_files.write_atomic(path, msgspec.json.format(content, indent=2) + b"\n")


def read_plan(path: Path) -> ChangePlan:
    """Read a plan file.

    Raise UsageError if it is invalid, and NewerFormat if a later version wrote it.
    """
    try:
        content = path.read_bytes()
        if newer := _newer_format(content):
            raise NewerFormat(path, newer, PLAN_FORMAT)
        plan = msgspec.json.decode(content, type=ChangePlan)
        for file_plan in plan.files:
            requested_changes(file_plan)
            if any(
                "\0" in name
                for name in (file_plan.path, *(line.image for line in file_plan.changes))
            ):
                raise ValueError("a path contains a NUL character")
        return plan
    except OSError as error:
        raise UsageError(f"The plan {path_text.display_path(path)}: {error.strerror}.") from error
    except UsageError as error:
        raise UsageError(f"The plan {path_text.display_path(path)}: {error}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path_text.display_path(path)} is not a plan of mediakeep: {error}."
        ) from error


def _newer_format(content: bytes) -> int:
    plan = msgspec.json.decode(content)
    version = plan.get("format", 0) if isinstance(plan, dict) else 0
    return version if isinstance(version, int) and version > PLAN_FORMAT else 0


def format_plan(plan: FilePlan, place: str) -> list[str]:
    """Format each planned change of a file as a line: file, field, old and new value, reason."""
    return [format_change(place, line) for line in plan.changes]


def format_change(place: str, line: PlannedChange) -> str:
    """Format a change with its file and its reason."""
    return change_text.add_place_and_reason(place, format_change_briefly(line), line.reason)


def format_change_briefly(line: PlannedChange) -> str:
    """Format a change without its file: field, old value and new value."""
    if line.field == COVER_FILE:
        return "created" if line.new else "removed"
    change = FieldChange(line.old, line.new)
    return change_text.format_change_briefly(line.field, change, line.image)
