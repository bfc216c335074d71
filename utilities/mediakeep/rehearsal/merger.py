"""Merge data of one entity: each field has the value recorded last."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mediakeep.rehearsal.entities import Artist, Entity, Group, Label, Recording, Release

_Known = TypeVar("_Known", Artist, Group, Label, Recording, Release)


def keep(entities: dict[str, _Known], new: _Known) -> str:
    """Store an entity by its MBID, merged with earlier data; return the MBID.

    Empty fields do not overwrite others, nor do media without tracks.
    """
    old = entities.get(new.id)
    entities[new.id] = new if old is None else _joined(old, new)
    return new.id


def _joined(old: _Known, new: _Known) -> _Known:
    changes = {name: value for name, value in msgspec.structs.asdict(new).items() if value}
    if _has_tracks(old) and not _has_tracks(new):
        changes.pop("media", None)
    return msgspec.structs.replace(old, **changes)


def _has_tracks(entity: Entity) -> bool:
    return isinstance(entity, Release) and any(medium.tracks for medium in entity.media)
