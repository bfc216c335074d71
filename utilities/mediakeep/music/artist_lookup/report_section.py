"""The report section on an artist at MusicBrainz: who it is, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist
from mediakeep.lookups.musicbrainz.model import Artist, Release
from mediakeep.lookups.musicbrainz.model import Track as Listed
from mediakeep.music.artist_lookup import artist_query, report_matches
from mediakeep.music.artist_lookup.collection import MissingReason, MissingRelease
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.artist_lookup.report_matches import CommandForAlbums, MatchesSection
from mediakeep.music.model import Artist as Here
from mediakeep.music.reports import issue_groups
from mediakeep.size_text import format_count

MAX_LINES = 40  # lines per group in the report; the table lists all
MAX_TITLES = 3  # albums shown per possible artist

_UNOFFICIAL_REASONS = (MissingReason.BOOTLEG, MissingReason.UNOFFICIAL)
_LOOSE_TRACKS_TEXT = (
    "No artist of this name found. No album looked up: the loose tracks do not agree on an album."
)
_FOUND_BY_TEXT = {
    "tags": "by the MBID in the tags",
    "albums": "by its albums",
    "name": "by its name",
    "tracks": "by the tracks of its albums",
}


class MissingGroup(msgspec.Struct, frozen=True):
    """A list of missing releases or tracks in a report: name, lines shown, and total."""

    name: str
    lines: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """The number of lines not shown."""
        return self.count - len(self.lines)


class ArtistChoice(msgspec.Struct, frozen=True):
    """A possible artist in a report: facts that distinguish them, and the local albums by them."""

    name: str
    facts: tuple[str, ...]
    mbid: str
    titles: tuple[str, ...]
    more: int  # albums not shown


class MusicBrainzSection(msgspec.Struct, frozen=True):
    """The data of the report section on an artist at MusicBrainz."""

    lead: str  # a sentence on who the artist is, or that it is unknown
    choices: tuple[ArtistChoice, ...] = ()
    mbid: str = ""
    sums: str = ""
    albums: tuple[MissingGroup, ...] = ()
    tracks: tuple[MissingGroup, ...] = ()
    bonus: tuple[MissingGroup, ...] = ()
    bootlegs: int = 0
    here: MatchesSection | None = None  # the local albums


def build_section(
    lookup: ArtistLookup, artist: Here, choose_command: CommandForAlbums = lambda *_places: ""
) -> MusicBrainzSection | None:
    """Build the report section on a lookup; return None if there is no lookup result.

    `choose_command` returns the command with which the user chooses the release of albums.
    """
    resolved = lookup.resolved
    choices = resolved.choices if resolved else ()
    if not lookup.state or (lookup.state == "pending" and not (lookup.discography or choices)):
        return None
    lead, albums_here = (
        _format_lead(lookup, artist),
        report_matches.build_matches_section(artist, lookup.matches, choose_command),
    )
    if not (resolved and resolved.artist and lookup.discography):
        return MusicBrainzSection(lead, tuple(map(_build_choice, choices)), here=albums_here)
    collection = lookup.collection
    albums = [
        item
        for item in collection.missing
        if not item.track and item.reason is MissingReason.NOT_OWNED
    ]
    groups = {
        item.group.id for item in collection.missing if item.reason not in _UNOFFICIAL_REASONS
    }
    all_ = len(groups | {item.group.id for item in collection.groups})
    return MusicBrainzSection(
        lead=lead,
        mbid=resolved.artist.id,
        sums=f"{len(albums):,} of {format_count(all_, 'release group')} missing" if all_ else "",
        albums=tuple(_group_lines(albums, lambda item: item.group.type, _album_line)),
        tracks=tuple(_group_tracks(collection.missing, MissingReason.NOT_OWNED)),
        bonus=tuple(_group_tracks(collection.missing, MissingReason.BONUS)),
        bootlegs=sum(item.reason in _UNOFFICIAL_REASONS for item in collection.missing),
        here=albums_here,
    )


def _format_lead(lookup: ArtistLookup, artist: Here) -> str:
    resolved = lookup.resolved
    # The batch shows why it is pending: the reason may contain a time, which would change reports.
    outdated = resolved if lookup.state == "pending" else None
    stale_note = f" The data below is of {outdated.asked[:10]}." if outdated else ""
    if resolved and resolved.choices:
        lead = format_ambiguity(resolved.choices)
        return f"{lead[0].upper()}{lead[1:]}.{stale_note}"
    if resolved is None or resolved.artist is None:
        if not artist_query.build_query(artist).albums:
            return _LOOSE_TRACKS_TEXT
        return "MusicBrainz does not know this artist, neither by name nor by albums."
    return f"{_artist_label(resolved.artist)}, found {_FOUND_BY_TEXT[resolved.by]}.{stale_note}"


def _build_choice(choice: PossibleArtist) -> ArtistChoice:
    artist = choice.artist
    facts = filter(None, (artist.disambiguation, artist.type, artist.country))
    remaining = len(choice.titles) - MAX_TITLES
    return ArtistChoice(
        artist.name, tuple(facts), artist.id, choice.titles[:MAX_TITLES], max(remaining, 0)
    )


def format_ambiguity(choices: Sequence[PossibleArtist]) -> str:
    """Describe the possible artists; even a single one may be wrong."""
    if len(choices) != 1:
        return format_count(len(choices), "possible artist")
    (choice,) = choices
    share = "few of the local albums are" if choice.titles else "none of the local albums is"
    return f"it may be {_artist_label(choice.artist)}, but {share} known to be theirs"


def _artist_label(artist: Artist) -> str:
    return f"{artist.name} ({artist.disambiguation})" if artist.disambiguation else artist.name


def _group_lines(
    missing: Iterable[MissingRelease],
    key: Callable[[MissingRelease], str],
    format_line: Callable[[MissingRelease], str],
) -> Iterator[MissingGroup]:
    for name, group in groupby(missing, key):
        items = list(group)
        yield MissingGroup(name, tuple(map(format_line, items[:MAX_LINES])), len(items))


def _group_tracks(
    missing: Sequence[MissingRelease], reason: MissingReason
) -> Iterator[MissingGroup]:
    tracks = [item for item in missing if item.track and item.reason is reason]
    format_line = _track_line if reason is MissingReason.NOT_OWNED else _bonus_line
    return _group_lines(
        tracks, lambda item: item.place or issue_groups.LOOSE_TRACKS_TITLE, format_line
    )


def _album_line(missing: MissingRelease) -> str:
    year = (missing.group.first_release_date or "")[:4]
    facts = [year, format_count(missing.tracks, "track")]
    return f"{missing.group.title} ({', '.join(filter(None, facts))})"


def _track_line(missing: MissingRelease) -> str:
    assert missing.track is not None
    medium, track = missing.track
    disc = f"{medium.position}-" if missing.release and len(missing.release.media) > 1 else ""
    return f"{disc}{track.number or track.position} {track.title}{_format_length(track)}"


def _bonus_line(missing: MissingRelease) -> str:
    assert missing.track is not None
    track = missing.track[1]
    return f"{track.title}{_format_length(track)} on {_edition_label(missing.release)}"


def _edition_label(release: Release | None) -> str:
    """Return country, year, media and remark of a release, to tell it from other editions."""
    if release is None:
        return "another edition"
    formats = dict.fromkeys(medium.format for medium in release.media if medium.format)
    facts = [release.country, (release.date or "")[:4], " + ".join(formats), release.disambiguation]
    return "the edition " + (" ".join(filter(None, facts)) or release.id)


def _format_length(track: Listed) -> str:
    seconds = round((track.length or track.recording.length or 0) / 1000)
    return f" ({seconds // 60}:{seconds % 60:02})" if seconds else ""
