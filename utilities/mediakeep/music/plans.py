"""What is to be changed in files, as people read it and as a plan file keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import NewerFormat, UsageFailed
from mediakeep.media.edits.changes import PICTURE, Edit, Lift
from mediakeep.media.undoing.record import Changed
from mediakeep.music.repairs.repair import Embed, Put

FORMAT = 1
COVER_FILE = "cover_file"  # stands for a picture that is put beside the tracks
CONTAINER = "container"  # stands for a field where tags are raised to another kind

Wish = Edit | Lift | Embed | Put  # what is wanted of a file; the picture to embed is not read yet


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change: what a field holds and is to hold, and why; of a picture its hash and file."""

    field: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""
    image: str = ""  # escaped path of the picture that is to be embedded


class FilePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one file, and what the file was when they were planned."""

    path: str  # escaped
    size: int
    mtime_ns: int
    changes: tuple[Line, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plan file."""

    format: int
    made: str = ""
    files: tuple[FilePlan, ...]


def of(path: Path, size: int, mtime_ns: int, due: Mapping[str, Changed], image: str) -> FilePlan:
    """Put down what is due in a file."""
    lines = [
        Line(
            field=field,
            old=one.old,
            new=one.new,
            reason=one.reason,
            image=image if field in (PICTURE, COVER_FILE) else "",
        )
        for field, one in due.items()
    ]
    return FilePlan(path=files.escape(path), size=size, mtime_ns=mtime_ns, changes=tuple(lines))


def fits(plan: FilePlan, due: FilePlan) -> bool:
    """Tell whether a file is still as it was planned for, given what is due in it now."""
    planned = {line.field: line for line in plan.changes}
    same = all(
        line.field in planned
        and planned[line.field].old == line.old
        and (not line.image or planned[line.field].new == line.new)  # the picture is the same
        for line in due.changes
    )
    return same and (plan.size, plan.mtime_ns) == (due.size, due.mtime_ns)


def wishes(plan: FilePlan) -> list[Wish]:
    """Return what a plan wants of its file."""
    return [_wish(line) for line in plan.changes]


def _wish(line: Line) -> Wish:
    if line.field == PICTURE:
        return Embed(line.image, line.reason)
    if line.field == COVER_FILE:
        return Put(line.image, line.reason)
    if line.field == CONTAINER:
        return Lift(line.reason)
    return Edit(line.field, line.new, line.reason)


def write(path: Path, plans: Sequence[FilePlan], made: str) -> None:
    """Keep a plan; an existing file is replaced only if it is a plan, too."""
    if path.exists():
        read(path)
    content = msgspec.json.encode(Plan(format=FORMAT, made=made, files=tuple(plans)))
    files.write_atomic(path, msgspec.json.format(content, indent=2) + b"\n")


def read(path: Path) -> Plan:
    """Read a plan file; UsageFailed where it is none, NewerFormat where it is of the future."""
    try:
        content = path.read_bytes()
        if newer := _newer(content):
            raise NewerFormat(path, newer, FORMAT)
        plan = msgspec.json.decode(content, type=Plan)
        for one in plan.files:
            wishes(one)
            if any("\0" in name for name in (one.path, *(line.image for line in one.changes))):
                raise ValueError("a path holds a NUL")
        return plan
    except OSError as error:
        raise UsageFailed(f"The plan {files.display_path(path)}: {error.strerror}.") from error
    except UsageFailed as error:
        raise UsageFailed(f"The plan {files.display_path(path)}: {error}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageFailed(
            f"{files.display_path(path)} is no plan of mediakeep: {error}."
        ) from error


def _newer(content: bytes) -> int:
    found = msgspec.json.decode(content)
    told = found.get("format", 0) if isinstance(found, dict) else 0
    return told if isinstance(told, int) and told > FORMAT else 0


def told(plan: FilePlan, place: str) -> list[str]:
    """Tell each change of a file in a line: where, which field, from what, to what, and why."""
    return [full(place, line) for line in plan.changes]


def full(place: str, line: Line) -> str:
    """Tell a change with its file and its reason."""
    why = f" ({line.reason})" if line.reason else ""
    return f"{files.printable(place)}: {brief(line)}{why}"


def brief(line: Line) -> str:
    """Tell a change alone: which field, from what, to what."""
    if line.field == PICTURE:
        return f"cover {_pictured(line)}"
    if line.field == COVER_FILE:
        return "put here" if line.new else "taken away"
    return f"{line.field} {_quoted(line.old)} -> {_quoted(line.new)}"


def _pictured(line: Line) -> str:
    if not line.new:
        return "taken out"
    if line.image:
        name = files.printable(line.image.rpartition("/")[2])
        return f'{"another" if line.old else "nothing"} -> "{name}"'
    return "exchanged" if line.old else "put in"


def _quoted(values: Iterable[str]) -> str:
    return "; ".join(f'"{files.printable(text)}"' for text in values) or "nothing"
