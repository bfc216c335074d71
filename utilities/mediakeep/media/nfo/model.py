"""Data model of the NFO of a movie.

Dates are YYYY-MM-DD, running times minutes, ratings 0 to 10; "", 0 and () mean unknown. All values
survive a round trip through JSON.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream


class NfoRating(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rating of a site; `name` is "themoviedb", "imdb"..., "" if unknown."""

    name: str = ""
    value: float = 0.0
    votes: int = 0


class NfoThumb(msgspec.Struct, frozen=True, omit_defaults=True):
    """The URL of an image; `aspect` is "poster", "clearlogo"..., "" for fanart."""

    url: str
    aspect: str = ""
    preview: str = ""


class NfoActor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of the cast; `thumb` is the URL of a portrait."""

    name: str
    role: str = ""
    order: int = 0
    thumb: str = ""


class NfoSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """The collection of a movie."""

    name: str
    overview: str = ""
    tmdb_id: int = 0


class NfoStreams(msgspec.Struct, frozen=True, omit_defaults=True):
    """The streams of the video file, as far as an NFO has elements for them."""

    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()


class NfoMovie(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The content of an NFO in Kodi's order; in `ids` and `ratings` the default is the first.

    The keys of `ids` are services: "tmdb", "imdb", "tvdb"...
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
