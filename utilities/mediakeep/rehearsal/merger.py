"""Several words on one entity, joined: each field says what was last said of it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mediakeep.rehearsal.entities import Artist, Entity, Group, Label, Recording, Release

_Known = TypeVar("_Known", Artist, Group, Label, Recording, Release)


def keep(kept: dict[str, _Known], new: _Known) -> str:
    """Keep an entity under its MBID, joined with what is known of it; return the MBID.

    A field that holds nothing takes nothing away, nor do media without tracks those that have some.
    """
    old = kept.get(new.id)
    kept[new.id] = new if old is None else _joined(old, new)
    return new.id


def _joined(old: _Known, new: _Known) -> _Known:
    told = {name: value for name, value in msgspec.structs.asdict(new).items() if value}
    if _has_tracks(old) and not _has_tracks(new):
        told.pop("media", None)
    return msgspec.structs.replace(old, **told)


def _has_tracks(entity: Entity) -> bool:
    return isinstance(entity, Release) and any(medium.tracks for medium in entity.media)
