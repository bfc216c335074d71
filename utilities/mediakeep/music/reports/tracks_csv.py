"""Format tracks as CSV, one row each; spreadsheets do not take any cell as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from mediakeep.media.audio.tags import AudioProperties, EmbeddedPicture, Tags
from mediakeep.music.model import Album, Artist, Track
from mediakeep.pages import csv_cell

_TAG_FIELDS = tuple(name for name in Tags.__struct_fields__ if name != "pictures")
_FACT_FIELDS = tuple(name for name in AudioProperties.__struct_fields__ if name != "audio_complete")
_STATE_FIELDS = ("fault", "reason", "essence", "damage", "change")

TRACK_COLUMNS = (
    "path",
    "album_folder",
    *_TAG_FIELDS,
    "pictures",
    *_FACT_FIELDS,
    "container",
    "others",
    *_STATE_FIELDS,
)

_get_tags, _get_facts, _get_state = (
    attrgetter(*_TAG_FIELDS),
    attrgetter(*_FACT_FIELDS),
    attrgetter(*_STATE_FIELDS),
)
_NO_FACTS = ("",) * len(_FACT_FIELDS)


def render_csv(artist: Artist, extra: Mapping[str, Callable[[Track], str]] = {}) -> bytes:
    """Return one CSV row per track; `extra` has functions for the cells of additional columns."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*TRACK_COLUMNS, *extra))
    for album in artist.albums:
        for track in album.tracks:
            values = (
                *_row_values(album, track),
                *(text_function(track) for text_function in extra.values()),
            )
            rows.writerow([_format_cell(value) if value else "" for value in values])
    return text.getvalue().encode()


def _row_values(album: Album, track: Track) -> tuple[Any, ...]:
    """Return the cells of a track's row in the order of the columns."""
    return (
        track.place,
        album.place,
        *_get_tags(track.tags),
        "; ".join(map(_format_picture, track.tags.pictures)),
        *(_get_facts(track.facts) if track.facts else _NO_FACTS),
        track.container,
        "; ".join(other.name for other in track.other_tags),
        *_get_state(track),
    )


def _format_cell(value: Any) -> str:
    """Join several texts with semicolons; no cell starts like a formula."""
    if isinstance(value, tuple):
        value = "; ".join(value)
    elif type(value) is int:  # many cells, and none is negative
        return str(value)
    text = "yes" if value is True else str(value)
    return csv_cell.escape_formula(text)


def _format_picture(picture: EmbeddedPicture) -> str:
    """Describe a picture by its content if known, else by what the tag says."""
    kind = picture.seen or picture.mime or "unknown"
    pixels = f" {picture.width}x{picture.height}" if picture.width else ""
    return f"type {picture.type}, {kind}{pixels}, {picture.size} bytes"
