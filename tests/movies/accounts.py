"""Accounts of movies made by hand: a healthy one, and what a test wants otherwise."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Certification, CrewMember, MovieSummary, NamedEntity
from mediakeep.lookups.tmdb.model import Movie as Film
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoInfo, VideoStream
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.model import LocalMovie, MovieImage, MovieName, MovieVideo
from mediakeep.movies.result import MovieResult, NfoState, NfoStatus

MINUTES = 104
POSTER = MovieImage("Quiet Harbour (1987)-poster.jpg", "poster", 90_000, "image/jpeg", 1000, 1500)
FANART = MovieImage("Quiet Harbour (1987)-fanart.jpg", "fanart", 200_000, "image/jpeg", 1920, 1080)


def film(**changes: Any) -> Film:
    """What TMDb reports about "Quiet Harbour"."""
    film_ = Film(
        id=4711,
        imdb_id="tt0004711",
        title="Quiet Harbour",
        original_title="Stiller Hafen",
        original_language="de",
        overview="Two pilots wait for a ship that nobody has ever seen.",
        release_date="1987-03-12",
        runtime=MINUTES,
        genres=(NamedEntity("Drama"), NamedEntity("Mystery")),
        crew=(CrewMember("Ida Sølund", "Director", "Directing"),),
        certificates=(Certification("US", "PG"), Certification("DE", "12")),
        spoken_languages=("de",),
    )
    return structs.replace(film_, **changes)


def facts(**changes: Any) -> VideoInfo:
    """What its video holds."""
    info = VideoInfo(
        container="matroska",
        duration=MINUTES * 60.0,
        size=4_000_000_000,
        video=(VideoStream(codec="hevc", width=1920, height=800, bit_depth=10, hdr="hdr10"),),
        audio=(AudioStream("ac3", "eng", 6), AudioStream("aac", "ger", 2)),
        subtitles=(SubtitleStream("eng", "subrip"),),
        by="mediainfo",
    )
    return structs.replace(info, **changes)


def video(place: str = "Quiet Harbour (1987).mkv", **changes: Any) -> MovieVideo:
    """Its file; `changes` of facts are those of `facts`."""
    names = set(VideoInfo.__struct_fields__) - {"size"}
    inner = {name: value for name, value in changes.items() if name in names}
    outer = {name: value for name, value in changes.items() if name not in names}
    video = MovieVideo(place, 4_000_000_000, 1, facts=facts(**inner))
    return structs.replace(video, **outer)


def local(**changes: Any) -> LocalMovie:
    """The movie as it is there, in one folder with many others."""
    movie = LocalMovie(
        key="Quiet Harbour (1987).mkv",
        path="/films/Quiet Harbour (1987).mkv",
        root="/films",
        base="Quiet Harbour (1987)",
        name=MovieName("Quiet Harbour", 1987, source="file"),
        videos=(video(),),
        images=(POSTER, FANART),
        nfos=("Quiet Harbour (1987).nfo",),
    )
    return structs.replace(movie, **changes)


def certain(**changes: Any) -> MovieIdentity:
    """It is certain which movie it is."""
    identity = MovieIdentity(
        status=MatchStatus.AUTO,
        decided_by="search",
        tmdb_id=4711,
        imdb_id="tt0004711",
        confidence=0.97,
        movie=film(),
        candidates=(candidate(),),
    )
    return structs.replace(identity, **changes)


def candidate(number: int = 4711, confidence: float = 0.97, **changes: Any) -> MovieCandidate:
    """A movie that may be meant; `changes` are of how a search lists it."""
    hit = MovieSummary(number, "Quiet Harbour", "Stiller Hafen", "de", "1987-03-12")
    return MovieCandidate(structs.replace(hit, **changes), confidence, "Ida Sølund", MINUTES)


def build_open_identity(
    *candidates: MovieCandidate, sure: MatchStatus = MatchStatus.REVIEW
) -> MovieIdentity:
    """Let the user decide, or let no movie be near."""
    return MovieIdentity(status=sure, decided_by="search", candidates=candidates)


def account(**changes: Any) -> MovieResult:
    """A movie with which nothing is wrong."""
    result = MovieResult(
        local=local(),
        identity=certain(),
        nfo=NfoStatus(
            NfoState.READ, "Quiet Harbour (1987).nfo", NfoMovie(title="Quiet Harbour", plot="A.")
        ),
    )
    return structs.replace(result, **changes)
