"""The data model of a movie's NFO.

Dates are YYYY-MM-DD, running times minutes, ratings 0 to 10; "", 0 and () mean unknown. All values
survive a round trip through JSON.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream


class NfoRating(msgspec.Struct, frozen=True, omit_defaults=True):
    """A movie's rating by one site; `name` is "themoviedb" or another site, "" if unknown."""

    name: str = ""
    value: float = 0.0
    votes: int = 0


class NfoThumb(msgspec.Struct, frozen=True, omit_defaults=True):
    """The URL of an image in an NFO; `aspect` is "poster", "clearlogo" and so on, "" for fanart."""

    url: str
    aspect: str = ""
    preview: str = ""


class NfoActor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of a movie's cast; `thumb` is the URL of a portrait."""

    name: str
    role: str = ""
    order: int = 0
    thumb: str = ""


class NfoSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """The collection that a movie belongs to."""

    name: str
    overview: str = ""
    tmdb_id: int = 0


class NfoStreams(msgspec.Struct, frozen=True, omit_defaults=True):
    """The streams of a movie's video file, as far as an NFO has elements for them."""

    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()


class NfoMovie(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The content of a movie's NFO, in Kodi's order.

    The first of `ids` and the first of `ratings` is the default one. The keys of `ids` are
    services: "tmdb", "imdb", "tvdb" and so on.
    """

    title: str = ""
    original_title: str = ""
    sort_title: str = ""
    ratings: tuple[NfoRating, ...] = ()
    plot: str = ""
    tagline: str = ""
    runtime: int = 0
    thumbs: tuple[NfoThumb, ...] = ()
    fanart: tuple[NfoThumb, ...] = ()
    mpaa: str = ""
    ids: dict[str, str] = {}
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    collection: NfoSet | None = None
    tags: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()  # writers
    directors: tuple[str, ...] = ()
    premiered: str = ""
    year: int = 0
    studios: tuple[str, ...] = ()
    trailer: str = ""
    streams: NfoStreams = NfoStreams()
    actors: tuple[NfoActor, ...] = ()
