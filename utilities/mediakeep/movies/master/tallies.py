"""What is counted of each movie."""

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
    """Counts by what is counted and by value."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.totals: Counter[str] = Counter()
        self.seconds = 0.0

    def add(self, one: Record) -> None:
        """Count a movie; what it has several of counts for each, once."""
        self.totals.update(
            movies=1, files=len(one.videos), bytes=sum(video.size for video in one.videos)
        )
        self.seconds += one.duration
        for what, values in _values(one):
            self.counts[what].update(set(values))
        self.counts["issues"].update(f"{issue.severity}/{issue.kind}" for issue in one.issues)
        self.totals["decisions"] += sum(map(diagnose.needs_person, one.issues))
        self.counts["coverage"].update(covered(one))


def covered(one: Record) -> Iterator[str]:
    """Give what a movie has of all that it should."""
    told = {
        "nfo": one.nfo.state in _READ,
        "poster": rows.has_picture(one, "poster"),
        "fanart": rows.has_picture(one, "fanart"),
        "plot": one.nfo.plot,
        "tmdb_id": one.match.tmdb_id,
        "imdb_id": one.match.imdb_id,
        "certificate": one.facts is not None and one.facts.certificate,
        "subtitles": any(True for _ in rows.subtitled(one)),
    }
    return (name for name in COVERED if told[name])


def _values(one: Record) -> Iterator[tuple[str, Iterable[str]]]:
    picture, facts = wording.picture(one.videos), one.facts
    yield "matches", [one.match.match or "not_looked_up"]
    yield "decades", [f"{one.year // 10}0s" if one.year else _UNKNOWN]
    yield "genres", facts.genres if facts else ()
    yield "certificates", [(facts.certificate if facts else "") or _UNKNOWN]
    yield "resolutions", [wording.resolution(picture) or _UNKNOWN]
    yield "video_codecs", [(picture.codec if picture else "") or _UNKNOWN]
    yield "hdr", [wording.hdr(picture) or "none"] if picture else [_UNKNOWN]
    yield "containers", (file.facts.container for file in one.videos if file.facts)
    yield "audio_codecs", (track.codec or _UNKNOWN for track in rows.sound(one))
    yield (
        "audio_languages",
        (languages.code(track.language) or _UNKNOWN for track in rows.sound(one)),
    )
    yield "subtitle_languages", (code.replace("?", _UNKNOWN) for code in rows.subtitled(one))
    yield "editions", [one.edition] if one.edition else ()
