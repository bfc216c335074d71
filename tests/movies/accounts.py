"""Accounts of movies made by hand: a healthy one, and what a test wants otherwise."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.lookups.tmdb.films import Certificate, Hit, Member, Named
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.lookups.tmdb.known import Candidate
from mediakeep.media.nfo.details import Details
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoFacts, VideoStream
from mediakeep.movies.account import Account, Nfo, NfoState
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Image, Movie, Name, Video

MINUTES = 104
POSTER = Image("Quiet Harbour (1987)-poster.jpg", "poster", 90_000, "image/jpeg", 1000, 1500)
FANART = Image("Quiet Harbour (1987)-fanart.jpg", "fanart", 200_000, "image/jpeg", 1920, 1080)


def film(**changes: Any) -> Film:
    """What TMDb tells of "Quiet Harbour"."""
    told = Film(
        id=4711,
        imdb_id="tt0004711",
        title="Quiet Harbour",
        original_title="Stiller Hafen",
        original_language="de",
        overview="Two pilots wait for a ship that nobody has ever seen.",
        release_date="1987-03-12",
        runtime=MINUTES,
        genres=(Named("Drama"), Named("Mystery")),
        crew=(Member("Ida Sølund", "Director", "Directing"),),
        certificates=(Certificate("US", "PG"), Certificate("DE", "12")),
        spoken_languages=("de",),
    )
    return structs.replace(told, **changes)


def facts(**changes: Any) -> VideoFacts:
    """What its video holds."""
    told = VideoFacts(
        container="matroska",
        duration=MINUTES * 60.0,
        size=4_000_000_000,
        video=(VideoStream(codec="hevc", width=1920, height=800, bit_depth=10, hdr="hdr10"),),
        audio=(AudioStream("ac3", "eng", 6), AudioStream("aac", "ger", 2)),
        subtitles=(SubtitleStream("eng", "subrip"),),
        by="mediainfo",
    )
    return structs.replace(told, **changes)


def video(place: str = "Quiet Harbour (1987).mkv", **changes: Any) -> Video:
    """Its file; `changes` of facts are those of `facts`."""
    names = set(VideoFacts.__struct_fields__) - {"size"}
    inner = {name: value for name, value in changes.items() if name in names}
    outer = {name: value for name, value in changes.items() if name not in names}
    told = Video(place, 4_000_000_000, 1, facts=facts(**inner))
    return structs.replace(told, **outer)


def local(**changes: Any) -> Movie:
    """The movie as it lies there, in one folder with many others."""
    told = Movie(
        key="Quiet Harbour (1987).mkv",
        path="/films/Quiet Harbour (1987).mkv",
        root="/films",
        base="Quiet Harbour (1987)",
        name=Name("Quiet Harbour", 1987, source="file", by="guessit"),
        videos=(video(),),
        images=(POSTER, FANART),
        nfos=("Quiet Harbour (1987).nfo",),
    )
    return structs.replace(told, **changes)


def certain(**changes: Any) -> Identity:
    """It is certain which movie it is."""
    told = Identity(
        sure=Sure.AUTO,
        by="search",
        tmdb_id=4711,
        imdb_id="tt0004711",
        confidence=0.97,
        movie=film(),
        candidates=(candidate(),),
    )
    return structs.replace(told, **changes)


def candidate(number: int = 4711, confidence: float = 0.97, **changes: Any) -> Candidate:
    """A movie that may be meant; `changes` are of how a search lists it."""
    hit = Hit(number, "Quiet Harbour", "Stiller Hafen", "de", "1987-03-12")
    return Candidate(structs.replace(hit, **changes), confidence, "Ida Sølund", MINUTES)


def open_to(*candidates: Candidate, sure: Sure = Sure.REVIEW) -> Identity:
    """A person decides, or nothing is near."""
    return Identity(sure=sure, by="search", candidates=candidates)


def account(**changes: Any) -> Account:
    """A movie with which nothing is wrong."""
    told = Account(
        local=local(),
        identity=certain(),
        nfo=Nfo(
            NfoState.READ, "Quiet Harbour (1987).nfo", Details(title="Quiet Harbour", plot="A.")
        ),
    )
    return structs.replace(told, **changes)
