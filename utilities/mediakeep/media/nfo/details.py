"""What an NFO tells of a movie.

Dates are YYYY-MM-DD, running times minutes, ratings 0 to 10; "", 0 and () stand for what is not
told. All of it goes through JSON and back unchanged.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoStream


class Rating(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a site gives a movie; `name` is "themoviedb", "imdb"..., "" where it is not told."""

    name: str = ""
    value: float = 0.0
    votes: int = 0


class Thumb(msgspec.Struct, frozen=True, omit_defaults=True):
    """The address of a picture; `aspect` is "poster", "clearlogo"..., "" for fanart."""

    url: str
    aspect: str = ""
    preview: str = ""


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member of the cast; `thumb` is the address of a portrait."""

    name: str
    role: str = ""
    order: int = 0
    thumb: str = ""


class Set(msgspec.Struct, frozen=True, omit_defaults=True):
    """The collection that a movie belongs to."""

    name: str
    overview: str = ""
    tmdb_id: int = 0


class Streams(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the video file holds, as far as an NFO has a place for it."""

    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()


class Details(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an NFO tells of a movie, in the order of Kodi; in `ids` and `ratings` the default leads.

    `ids` go by service: "tmdb", "imdb", "tvdb"...
    """

    title: str = ""
    original_title: str = ""
    sort_title: str = ""
    ratings: tuple[Rating, ...] = ()
    plot: str = ""
    tagline: str = ""
    runtime: int = 0
    thumbs: tuple[Thumb, ...] = ()
    fanart: tuple[Thumb, ...] = ()
    mpaa: str = ""
    ids: dict[str, str] = {}
    genres: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    collection: Set | None = None
    tags: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()  # those who wrote it
    directors: tuple[str, ...] = ()
    premiered: str = ""
    year: int = 0
    studios: tuple[str, ...] = ()
    trailer: str = ""
    streams: Streams = Streams()
    actors: tuple[Actor, ...] = ()
