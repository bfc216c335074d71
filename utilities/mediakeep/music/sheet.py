"""Tracks as CSV for spreadsheets: one row each, no cell that could be taken for a formula."""

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
    """Write one row per track; `extra` maps more columns to functions that return their cells."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*COLUMNS, *extra))
    for album in artist.albums:
        for track in album.tracks:
            values = (*_values(album, track), *(text_of(track) for text_of in extra.values()))
            rows.writerow([_cell(value) if value else "" for value in values])
    return text.getvalue().encode()


def _values(album: Album, track: Track) -> tuple[Any, ...]:
    """Return the values of a row in the order of the columns."""
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
    """Join several texts with semicolons; no cell starts like a formula."""
    if isinstance(value, tuple):
        value = "; ".join(value)
    text = "yes" if value is True else str(value)
    return cells.plain(text)


def _picture(picture: Picture) -> str:
    """Describe a picture by its content if known, else by what the tag says."""
    kind = picture.seen or picture.mime or "unknown"
    pixels = f" {picture.width}x{picture.height}" if picture.width else ""
    return f"type {picture.type}, {kind}{pixels}, {picture.size} bytes"
