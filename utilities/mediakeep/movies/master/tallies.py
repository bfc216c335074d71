"""Count the values of all movies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from mediakeep.movies import diagnose, languages, wording
from mediakeep.movies.account import NfoState
from mediakeep.movies.outputs import rows
from mediakeep.movies.outputs.entry import Record

COVERED = ("nfo", "poster", "fanart", "plot", "tmdb_id", "imdb_id", "certificate", "subtitles")
_UNKNOWN = "unknown"
_READ = (NfoState.READ, NfoState.LOCKED)


class Tallies:
    """Counters by name and value."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.totals: Counter[str] = Counter()
        self.seconds = 0.0

    def add(self, movie: Record) -> None:
        """Count a movie; each distinct value counts once per movie."""
        self.totals.update(
            movies=1, files=len(movie.videos), bytes=sum(video.size for video in movie.videos)
        )
        self.seconds += movie.duration
        for name, values in _values(movie):
            self.counts[name].update(set(values))
        self.counts["issues"].update(f"{issue.severity}/{issue.kind}" for issue in movie.issues)
        self.totals["decisions"] += sum(map(diagnose.needs_person, movie.issues))
        self.counts["coverage"].update(covered(movie))


def covered(movie: Record) -> Iterator[str]:
    """Yield which of the expected items a movie has."""
    present = {
        "nfo": movie.nfo.state in _READ,
        "poster": rows.has_picture(movie, "poster"),
        "fanart": rows.has_picture(movie, "fanart"),
        "plot": movie.nfo.plot,
        "tmdb_id": movie.match.tmdb_id,
        "imdb_id": movie.match.imdb_id,
        "certificate": movie.facts is not None and movie.facts.certificate,
        "subtitles": any(True for _ in rows.subtitled(movie)),
    }
    return (name for name in COVERED if present[name])


def _values(movie: Record) -> Iterator[tuple[str, Iterable[str]]]:
    picture, facts = wording.picture(movie.videos), movie.facts
    yield "matches", [movie.match.match or "not_looked_up"]
    yield "decades", [f"{movie.year // 10}0s" if movie.year else _UNKNOWN]
    yield "genres", facts.genres if facts else ()
    yield "certificates", [(facts.certificate if facts else "") or _UNKNOWN]
    yield "resolutions", [wording.resolution(picture) or _UNKNOWN]
    yield "video_codecs", [(picture.codec if picture else "") or _UNKNOWN]
    yield "hdr", [wording.hdr(picture) or "none"] if picture else [_UNKNOWN]
    yield "containers", (file.facts.container for file in movie.videos if file.facts)
    yield "audio_codecs", (track.codec or _UNKNOWN for track in rows.sound(movie))
    yield (
        "audio_languages",
        (languages.code(track.language) or _UNKNOWN for track in rows.sound(movie)),
    )
    yield "subtitle_languages", (code.replace("?", _UNKNOWN) for code in rows.subtitled(movie))
    yield "editions", [movie.edition] if movie.edition else ()
