"""Read and write <name>-metadata.json, the file with what mediakeep knows about a movie.

It moves with the movie, and records which values of the NFO are mediakeep's: different values were
entered by the user, and stay. It has nothing that changes from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from mediakeep.errors import Unreadable
from mediakeep.lookups.service_config import Locale
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.video.model import VideoInfo
from mediakeep.movies.identify.model import MovieIdentity
from mediakeep.movies.model import LocalMovie, MovieName

MAX_BYTES = 4 << 20  # bytes; mediakeep never writes larger files

_FIX_HINT = "Remove it or move it away: it is then written again."


class RecordedPicture(msgspec.Struct, frozen=True):
    """A picture that mediakeep has written: the TMDb ID of its movie, and its hash."""

    tmdb_id: int
    sha256: str


class MovieMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a movie's metadata file, <name>-metadata.json.

    `videos` are by path, `nfo` is the NFO's content as mediakeep wrote it last, and `pictures` are
    those that mediakeep wrote, by role.
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
    name: MovieName = MovieName()  # as parsed at that time
    videos: dict[str, VideoInfo] = {}
    nfo: NfoMovie | None = None
    pictures: dict[str, RecordedPicture] = {}


def build_metadata(
    local: LocalMovie,
    identity: MovieIdentity,
    locale: Locale,
    nfo: NfoMovie | None,
    pictures: Mapping[str, RecordedPicture],
) -> MovieMetadata:
    """Build the content of the metadata file of an identified movie."""
    movie = identity.movie
    collection = movie.collection if movie else None
    return MovieMetadata(
        made_by="mediakeep",
        format=1,
        title=movie.title if movie else "",
        year=movie.year if movie else 0,
        edition=local.name.edition,
        tmdb_id=identity.tmdb_id,
        imdb_id=identity.imdb_id,
        match=identity.status.value,
        found_by=identity.decided_by,
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


def render_json(metadata: MovieMetadata, before: bytes | None = None) -> bytes:
    """Return the bytes of a movie's metadata file.

    `before` is the valid current content, whose unknown keys are kept, or None.
    """
    content = msgspec.to_builtins(metadata)
    previous = msgspec.json.decode(before) if before else {}
    own_keys = MovieMetadata.__struct_fields__
    content |= {key: value for key, value in previous.items() if key not in own_keys}
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def parse_json(content: bytes, name: str) -> MovieMetadata:
    """Parse a movie's metadata file.

    Raise Unreadable if it is damaged or not written by mediakeep.
    """
    try:
        return msgspec.json.decode(content, type=MovieMetadata)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(name, "it was not written by mediakeep", _FIX_HINT) from error
