"""Count the tracks, albums and issues of one artist for the statistics of a library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from mediakeep.issue import Issue, Severity
from mediakeep.music import diagnose
from mediakeep.music.master.audit_reader import ArtistAudit, AuditTrack
from mediakeep.music.master.counters import MusicCounters
from mediakeep.music.text import compare_text

# Fields whose number of tracks is reported; an empty text counts as missing.
COVERED = (
    *("title", "artist", "album", "albumartist", "track", "disc", "date", "originaldate"),
    *("genres", "composer", "label", "isrc", "acoustid_id", "musicbrainz_recordingid"),
    *("musicbrainz_trackid", "musicbrainz_albumid", "musicbrainz_releasegroupid"),
    *("musicbrainz_artistid", "musicbrainz_albumartistid"),
)
REPLAYGAIN, PICTURES = "replaygain", "pictures"
# The places of an album's covers.
COVERS = ("embedded", "embedded_and_folder", "folder", "some_embedded", "none")

# ISO 8601 allows YYYYMMDD besides YYYY-MM-DD.
_YEAR_PATTERN = re.compile(r"(?<!\d)[12]\d{3}(?=(?:(?:0\d|1[0-2])[0-3]\d)?(?!\d))", re.ASCII)
_COVERED_VALUES = attrgetter(*COVERED)
_COVER_PLACES = {
    (True, True): "embedded_and_folder",
    (True, False): "embedded",
    (False, True): "folder",
    (False, False): "none",
}
# The name in Vorbis comments and APEv2, or after the prefix of ID3's TXXX and MP4's freeform
# atoms; R128 is used by Opus (RFC 7845, section 5.2.1), RVA2 by ID3v2.4.
_GAIN_FIELD = re.compile(
    r"(?:.*:)?replaygain_(?:track|album)_gain|r128_(?:track|album)_gain|rva2.*",
    re.IGNORECASE | re.DOTALL,
)


def count_artist(counters: MusicCounters, audit: ArtistAudit) -> None:
    """Add all counts of an artist's audit to the counters."""
    readable = [track for track in audit.tracks if not track.fault]
    _count_totals(counters, audit, readable)
    _count_audio_properties(counters, readable)
    _count_tags(counters, readable)
    _count_covers(counters, audit, readable)
    kinds = Counter((_issue_class(issue), issue.kind) for issue in audit.issues)
    for (issue_class, kind), number in kinds.items():
        counters.add(issue_class, [(kind, number)])


def _issue_class(issue: Issue) -> str:
    """Return whether an issue is an error, a warning, a note, or an undone repair."""
    is_undone = issue.severity is Severity.NOTE and diagnose.needs_decision(issue)
    return "taken_back" if is_undone else f"{issue.severity.value}s"


def _count_totals(
    counters: MusicCounters, audit: ArtistAudit, readable: Sequence[AuditTrack]
) -> None:
    facts = [track.facts for track in readable if track.facts]
    counters.add(
        "totals",
        [
            ("artists", 1),
            ("albums", len(audit.albums)),
            ("tracks", len(audit.tracks)),
            ("readable", len(readable)),
            ("milliseconds", sum(round(properties.duration * 1000) for properties in facts)),
            ("bytes", sum(properties.size for properties in facts)),
            ("audio_bytes", sum(properties.payload for properties in facts)),
            ("lossless", sum(properties.lossless for properties in facts)),
            ("truncated", sum(1 for properties in facts if properties.truncated)),
            ("protected", sum(1 for properties in facts if properties.protected)),
        ],
    )
    counters.add(
        "matches", Counter(properties.sure for properties in audit.musicbrainz.matches).items()
    )
    counters.add(
        "faults", Counter(track.fault.value for track in audit.tracks if track.fault).items()
    )


def _count_audio_properties(counters: MusicCounters, readable: Sequence[AuditTrack]) -> None:
    """Count audio properties; unknown values are counted as ""."""
    facts = [track.facts for track in readable if track.facts]
    for category, name in (
        ("formats", "format"),
        ("codecs", "codec"),
        ("sample_rates", "sample_rate"),
        ("bit_depths", "bits"),
        ("channels", "channels"),
    ):
        counts = Counter(map(attrgetter(name), facts))
        counters.add(category, ((value or "", number) for value, number in counts.items()))
    counters.add("containers", Counter(track.container for track in readable).items())
    for name in {properties.format for properties in facts}:
        same_format = [properties for properties in facts if properties.format == name]
        rates = Counter(properties.bitrate // 1000 for properties in same_format)
        counters.add(f"bitrates {name}", rates.items())
        milliseconds = sum(round(properties.duration * 1000) for properties in same_format)
        sums = [
            ("milliseconds", milliseconds),
            ("bytes", sum(properties.size for properties in same_format)),
        ]
        counters.add(f"sums {name}", sums)


def _count_tags(counters: MusicCounters, readable: Sequence[AuditTrack]) -> None:
    tags = [track.tags for track in readable]
    columns = zip(*map(_COVERED_VALUES, tags), strict=True)
    covered = [
        (field, _count_filled(texts)) for field, texts in zip(COVERED, columns, strict=False)
    ]
    counters.add("coverage", covered)
    names = Counter(tuple(track.raw) for track in readable)
    gains = sum(
        number
        for field_names, number in names.items()
        if any(map(_GAIN_FIELD.fullmatch, field_names))
    )
    counters.add("coverage", [(REPLAYGAIN, gains)])
    dates = Counter((*track_tags.date, *track_tags.originaldate) for track_tags in tags)
    counters.add("years", ((_first_year(texts), number) for texts, number in dates.items()))
    genres = Counter(track_tags.genres for track_tags in tags)
    for track_genres, number in genres.items():
        distinct = {compare_text.normalize_spaces(name) for name in track_genres}
        counters.add("genres", ((name, number) for name in distinct if name))


def _count_filled(column: tuple[str | tuple[str, ...], ...]) -> int:
    """Return how many tracks have a value in a field; `column` is the field on each track."""
    return sum(number for texts, number in Counter(column).items() if _is_filled(texts))


def _is_filled(texts: str | tuple[str, ...]) -> bool:
    """Return whether a field contains more than white space."""
    return (
        compare_text.has_text(texts)
        if isinstance(texts, str)
        else any(map(compare_text.has_text, texts))
    )


def _first_year(texts: Iterable[str]) -> str:
    """Return the first year in any of a track's dates, or ""."""
    matches = map(_YEAR_PATTERN.search, texts)
    return next((year[0] for year in matches if year), "")


def _count_covers(
    counters: MusicCounters, audit: ArtistAudit, readable: Sequence[AuditTrack]
) -> None:
    """Count where albums have covers: in all tracks, in the folder, in both, or in neither."""
    bare: set[str] = set()
    covered: set[str] = set()
    tracks = 0
    for track in readable:
        has_picture = any(picture.seen for picture in track.tags.pictures)
        (covered if has_picture else bare).add(track.album)
        tracks += has_picture
    counters.add("coverage", [(PICTURES, tracks)])
    for folder in audit.albums:
        embedded = folder.path in covered and folder.path not in bare
        place = _COVER_PLACES[embedded, folder.has_picture]
        if place == "none" and folder.path in covered:
            place = "some_embedded"
        counters.add("covered_albums", [(place, 1)])
