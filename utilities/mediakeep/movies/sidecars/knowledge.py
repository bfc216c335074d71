"""Read and write <name>-metadata.json, what mediakeep knows about a movie.

It moves with the movie, and records which values of the NFO are mediakeep's: different values were
entered by the user, and stay. It has nothing that changes from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from mediakeep.errors import Unreadable
from mediakeep.lookups.access import Locale
from mediakeep.media.nfo.details import Details
from mediakeep.media.video.facts import VideoFacts
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie, Name

LARGEST = 4 << 20  # bytes; we never write longer ones

_CURE = "Remove it or move it away: it is then written again."


class Fetched(msgspec.Struct, frozen=True):
    """A fetched picture: the TMDb ID of its movie, and its hash."""

    tmdb_id: int
    sha256: str


class Knowledge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of the file; `videos` by place, `nfo` as it was written last.

    `pictures` are those that mediakeep wrote, by role.
    """

    made_by: Literal["mediakeep"]
    format: Literal[1]
    title: str = ""
    year: int = 0
    edition: str = ""
    tmdb_id: int = 0
    imdb_id: str = ""
    match: str = ""
    found_by: str = ""
    confidence: float = 0.0
    language: str = ""
    country: str = ""
    collection_id: int = 0
    collection: str = ""
    name: Name = Name()  # as parsed at that time
    videos: dict[str, VideoFacts] = {}
    nfo: Details | None = None
    pictures: dict[str, Fetched] = {}


def of(
    local: Movie,
    identity: Identity,
    locale: Locale,
    nfo: Details | None,
    pictures: Mapping[str, Fetched],
) -> Knowledge:
    """Build the metadata of an identified movie."""
    movie = identity.movie
    collection = movie.collection if movie else None
    return Knowledge(
        made_by="mediakeep",
        format=1,
        title=movie.title if movie else "",
        year=movie.year if movie else 0,
        edition=local.name.edition,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        match=identity.sure.value,
        found_by=identity.by,
        confidence=round(float(identity.confidence), 3),
        language=locale.language,
        country=locale.country,
        collection_id=collection.id if collection else 0,
        collection=collection.name if collection else "",
        name=local.name,
        videos={video.place: video.facts for video in local.videos if video.facts},
        nfo=nfo,
        pictures=dict(pictures),
    )


def render(metadata: Knowledge, before: bytes | None = None) -> bytes:
    """Return the file content; unknown keys of the file `before`, which is valid, stay."""
    content = msgspec.to_builtins(metadata)
    previous = msgspec.json.decode(before) if before else {}
    own_keys = Knowledge.__struct_fields__
    content |= {key: value for key, value in previous.items() if key not in own_keys}
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def read(content: bytes, name: str) -> Knowledge:
    """Parse a metadata file. Raise Unreadable if it is damaged or not written by mediakeep."""
    try:
        return msgspec.json.decode(content, type=Knowledge)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, "it was not written by mediakeep", _CURE) from error
