"""What is counted of the tracks and albums of one artist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from mediakeep.issue import Issue, Severity
from mediakeep.music import diagnose
from mediakeep.music.checks import letters
from mediakeep.music.master.audits import Audit, Told
from mediakeep.music.master.tallies import Tallies

# Fields of which it is told how many tracks have them; an empty text counts as missing.
COVERED = (
    *("title", "artist", "album", "albumartist", "track", "disc", "date", "originaldate"),
    *("genres", "composer", "label", "isrc", "acoustid_id", "musicbrainz_recordingid"),
    *("musicbrainz_trackid", "musicbrainz_albumid", "musicbrainz_releasegroupid"),
    *("musicbrainz_artistid", "musicbrainz_albumartistid"),
)
REPLAYGAIN, PICTURES = "replaygain", "pictures"
# Where the covers of an album are.
COVERS = ("embedded", "embedded_and_folder", "folder", "some_embedded", "none")

# ISO 8601 allows YYYYMMDD beside YYYY-MM-DD.
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?=(?:(?:0\d|1[0-2])[0-3]\d)?(?!\d))", re.ASCII)
_FIELDS = attrgetter(*COVERED)
_PLACES = {
    (True, True): "embedded_and_folder",
    (True, False): "embedded",
    (False, True): "folder",
    (False, False): "none",
}
# As Vorbis comments and APEv2 name it, or behind the prefix of ID3's TXXX and MP4's freeform
# atoms; R128 is Opus's own (RFC 7845, section 5.2.1), RVA2 that of ID3v2.4.
_GAIN = re.compile(
    r"(?:.*:)?replaygain_(?:track|album)_gain|r128_(?:track|album)_gain|rva2.*",
    re.IGNORECASE | re.DOTALL,
)


def artist(tallies: Tallies, audit: Audit) -> None:
    """Count everything that an audit tells."""
    readable = [told for told in audit.tracks if not told.fault]
    _totals(tallies, audit, readable)
    _sound(tallies, readable)
    _texts(tallies, readable)
    _covers(tallies, audit, readable)
    kinds = Counter((_sort(issue), issue.kind) for issue in audit.issues)
    for (sort, kind), number in kinds.items():
        tallies.add(sort, [(kind, number)])


def _sort(found: Issue) -> str:
    """Tell whether an issue is an error, a warning, a note, or a repair that was taken back."""
    waits = found.severity is Severity.NOTE and diagnose.needs_person(found)
    return "taken_back" if waits else f"{found.severity.value}s"


def _totals(tallies: Tallies, audit: Audit, readable: Sequence[Told]) -> None:
    facts = [told.facts for told in readable if told.facts]
    tallies.add(
        "totals",
        [
            ("artists", 1),
            ("albums", len(audit.albums)),
            ("tracks", len(audit.tracks)),
            ("readable", len(readable)),
            ("milliseconds", sum(round(one.duration * 1000) for one in facts)),
            ("bytes", sum(one.size for one in facts)),
            ("audio_bytes", sum(one.payload for one in facts)),
            ("lossless", sum(one.lossless for one in facts)),
            ("truncated", sum(1 for one in facts if one.truncated)),
            ("protected", sum(1 for one in facts if one.protected)),
        ],
    )
    tallies.add("matches", Counter(one.sure for one in audit.musicbrainz.matches).items())
    tallies.add("faults", Counter(told.fault.value for told in audit.tracks if told.fault).items())


def _sound(tallies: Tallies, readable: Sequence[Told]) -> None:
    """Count technical facts; what the format does not tell is counted as ""."""
    facts = [told.facts for told in readable if told.facts]
    for what, name in (
        ("formats", "format"),
        ("codecs", "codec"),
        ("sample_rates", "sample_rate"),
        ("bit_depths", "bits"),
        ("channels", "channels"),
    ):
        counts = Counter(map(attrgetter(name), facts))
        tallies.add(what, ((value or "", number) for value, number in counts.items()))
    tallies.add("containers", Counter(told.container for told in readable).items())
    for name in {one.format for one in facts}:
        same = [one for one in facts if one.format == name]
        rates = Counter(one.bitrate // 1000 for one in same)
        tallies.add(f"bitrates {name}", rates.items())
        milliseconds = sum(round(one.duration * 1000) for one in same)
        sums = [("milliseconds", milliseconds), ("bytes", sum(one.size for one in same))]
        tallies.add(f"sums {name}", sums)


def _texts(tallies: Tallies, readable: Sequence[Told]) -> None:
    tags = [told.tags for told in readable]
    columns = zip(*map(_FIELDS, tags), strict=True)
    covered = [(field, _number(texts)) for field, texts in zip(COVERED, columns, strict=False)]
    tallies.add("coverage", covered)
    names = Counter(tuple(told.raw) for told in readable)
    gains = sum(number for some, number in names.items() if any(map(_GAIN.fullmatch, some)))
    tallies.add("coverage", [(REPLAYGAIN, gains)])
    dates = Counter((*one.date, *one.originaldate) for one in tags)
    tallies.add("years", ((_year(texts), number) for texts, number in dates.items()))
    genres = Counter(one.genres for one in tags)
    for several, number in genres.items():
        known = {letters.neat(name) for name in several}
        tallies.add("genres", ((name, number) for name in known if name))


def _number(column: tuple[str | tuple[str, ...], ...]) -> int:
    """Count the tracks on which a field is, given its texts on each."""
    return sum(number for texts, number in Counter(column).items() if _holds(texts))


def _holds(texts: str | tuple[str, ...]) -> bool:
    """Tell whether a field holds anything but white space."""
    return letters.holds(texts) if isinstance(texts, str) else any(map(letters.holds, texts))


def _year(texts: Iterable[str]) -> str:
    """Return the first year that any of a track's dates tells, else ""."""
    found = map(_YEAR.search, texts)
    return next((year[0] for year in found if year), "")


def _covers(tallies: Tallies, audit: Audit, readable: Sequence[Told]) -> None:
    """Count where the covers are: in all tracks of an album, in its folder, in both, in neither."""
    bare: set[str] = set()
    covered: set[str] = set()
    tracks = 0
    for told in readable:
        pictured = any(picture.seen for picture in told.tags.pictures)
        (covered if pictured else bare).add(told.album)
        tracks += pictured
    tallies.add("coverage", [(PICTURES, tracks)])
    for folder in audit.albums:
        embedded = folder.path in covered and folder.path not in bare
        where = _PLACES[embedded, folder.pictured]
        if where == "none" and folder.path in covered:
            where = "some_embedded"
        tallies.add("covered_albums", [(where, 1)])
