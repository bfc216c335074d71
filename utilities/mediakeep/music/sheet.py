"""Tracks as CSV for spreadsheets: one row each, and no cell that could be taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from mediakeep.media.tags import Facts, Picture, Tags
from mediakeep.music.model import Album, Artist, Track
from mediakeep.pages import cells

_TAGS = tuple(name for name in Tags.__struct_fields__ if name != "pictures")
_FACTS = Facts.__struct_fields__
_STATE = ("fault", "reason", "essence", "damage", "change")

COLUMNS = (
    "path",
    "album_folder",
    *_TAGS,
    "pictures",
    *_FACTS,
    "container",
    "others",
    *_STATE,
)

_OF_TAGS, _OF_FACTS, _OF_TRACK = attrgetter(*_TAGS), attrgetter(*_FACTS), attrgetter(*_STATE)
_UNKNOWN = ("",) * len(_FACTS)


def render(artist: Artist, extra: Mapping[str, Callable[[Track], str]] = {}) -> bytes:
    """Write one row a track; `extra` are further columns, each with what gives its cells."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*COLUMNS, *extra))
    for album in artist.albums:
        for track in album.tracks:
            values = (*_values(album, track), *(tell(track) for tell in extra.values()))
            rows.writerow([_cell(value) if value else "" for value in values])
    return text.getvalue().encode()


def _values(album: Album, track: Track) -> tuple[Any, ...]:
    """Give what is known in the order of the columns."""
    return (
        track.place,
        album.place,
        *_OF_TAGS(track.tags),
        "; ".join(map(_picture, track.tags.pictures)),
        *(_OF_FACTS(track.facts) if track.facts else _UNKNOWN),
        track.container,
        "; ".join(other.name for other in track.others),
        *_OF_TRACK(track),
    )


def _cell(value: Any) -> str:
    """Write several texts joined by semicolons; no cell begins like a formula."""
    if isinstance(value, tuple):
        value = "; ".join(value)
    text = "yes" if value is True else str(value)
    return cells.plain(text)


def _picture(one: Picture) -> str:
    """Write what the bytes are where that is known, else what the tag claims."""
    kind = one.seen or one.mime or "unknown"
    pixels = f" {one.width}x{one.height}" if one.width else ""
    return f"type {one.type}, {kind}{pixels}, {one.size} bytes"
