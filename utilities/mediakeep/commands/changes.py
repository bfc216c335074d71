"""The changes of files that are recorded, each with whether it was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep import files
from mediakeep.commands import moments, shared, targets
from mediakeep.commands.selection import Selection
from mediakeep.errors import StateDamaged
from mediakeep.media.edits.changes import PICTURE
from mediakeep.media.undo import Query
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import UNSURE, VOID, Store, taken_back
from mediakeep.music import plans
from mediakeep.music.plans import Line

NONE = "(no session)"  # of changes that no command made

_SUM = "sha256:"  # begins what a record tells of a whole file


@dataclass(frozen=True)
class Change:
    """One file changed once: `taken_back` where that is undone, and by which session."""

    id: str
    time: str
    session: str
    item: str
    queue: str
    path: str
    fields: dict[str, Changed]
    taken_back: bool
    taken_back_by: str
    undoes: str
    unsure: bool
    forgotten: bool
    aside: str


def read(store: Store, selection: Selection) -> list[Change]:
    """Return the changes that are meant, the oldest first; none that was never made."""
    queries = selection.queries
    found = [entry for query in queries for entry in store.find(query) if entry.state != VOID]
    meant = {entry.record.id for entry in found}
    if Query() not in queries:  # then all that undoes them is there already
        found = [entry for entry in store.with_undoings(found) if entry.state != VOID]
    back = taken_back(entry.record for entry in found if entry.state != UNSURE)
    records = [entry.record for entry in found]
    by = {one.undoes: one.session for one in records if one.undoes in back and one.id not in back}
    return [
        _change(store, entry.record, entry.state == UNSURE, by)
        for entry in found
        if entry.record.id in meant
    ]


def _change(store: Store, record: Record, unsure: bool, by: dict[str, str]) -> Change:
    return Change(
        id=record.id,
        time=record.time,
        session=record.session,
        item=record.item,
        queue=record.queue,
        path=record.path,
        fields=fields(store, record),
        taken_back=record.id in by,
        taken_back_by=by.get(record.id, ""),
        undoes=record.undoes,
        unsure=unsure,
        forgotten=record.forgotten,
        aside=record.aside,
    )


def fields(store: Store, record: Record) -> dict[str, Changed]:
    """Return what changed; of a damaged record what can be read."""
    try:
        return store.fields(record)
    except StateDamaged:
        return record.fields


def told(change: Change) -> Iterator[str]:
    """Tell of a change, each field in a line."""
    when = f"{moments.shown(change.time)}  {change.session or NONE}"
    place = f"{when}  {targets.shown(Path(files.unescape(change.path)))}"
    after = ""
    if change.taken_back:
        after = f", taken back{change.taken_back_by and ' by ' + change.taken_back_by}"
    elif change.unsure:
        after = ", and nobody can tell whether it was made"
    elif change.forgotten:
        after = ", and how to take it back is forgotten"
    for line in told_fields(change.fields, place):
        yield line + after


def told_fields(changed: dict[str, Changed], place: str) -> list[str]:
    """Tell what changed in a file, as all commands do."""
    return [
        _told_file(one, place)
        if _is_file(name, one)
        else plans.full(place, Line(field=name, old=one.old, new=one.new, reason=one.reason))
        for name, one in changed.items()
    ]


def _is_file(name: str, changed: Changed) -> bool:
    """Tell whether a field stands for a whole file; a picture in a track does not."""
    values = (*changed.old, *changed.new)
    return name != PICTURE and bool(values) and all(one.startswith(_SUM) for one in values)


def _told_file(changed: Changed, place: str) -> str:
    """Tell of a file that was put there, taken away, or written anew."""
    what = "taken away" if not changed.new else "written anew" if changed.old else "put here"
    why = f" ({changed.reason})" if changed.reason else ""
    return f"{files.printable(place)}: {what}{why}"


def data(changed: dict[str, Changed]) -> dict[str, Any]:
    """Return what changed as data for programs."""
    return {"fields": {name: structs.asdict(one) for name, one in changed.items()}}


def show(store: Store, selection: Selection, *, as_json: bool) -> None:
    """List the changes that are meant."""
    found = read(store, selection)
    lines = [line for change in found for line in told(change)]
    told_data = [asdict(one) | data(one.fields) for one in found]
    shared.show(lines or ["No change is recorded that fits."], told_data, as_json=as_json)
