"""The report section on an artist at MusicBrainz: identity, and missing releases and tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from mediakeep.lookups.catalogue import Artist, Release
from mediakeep.lookups.catalogue import Track as Listed
from mediakeep.lookups.known import Choice
from mediakeep.music import grouping
from mediakeep.music.discography import matched, question
from mediakeep.music.discography.holdings import Lacking, Reason
from mediakeep.music.discography.inquiry import Inquiry
from mediakeep.music.discography.matched import Choose, Matched
from mediakeep.music.model import Artist as Here
from mediakeep.pages import page

SHOWN = 40  # lines per group in the report; the table lists all
FEW = 3  # albums shown per possible artist

_NOT_SOLD = (Reason.BOOTLEG, Reason.UNOFFICIAL)
_LOOSE = (
    "No artist of this name found. No album looked up: the loose tracks do not agree on an album."
)
_BY = {
    "tags": "by the MBID in the tags",
    "albums": "by its albums",
    "name": "by its name",
    "tracks": "by the tracks of its albums",
}


class Missing(msgspec.Struct, frozen=True):
    """A group of missing releases or tracks: name, lines shown, and total."""

    name: str
    lines: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """The number of lines not shown."""
        return self.count - len(self.lines)


class Chosen(msgspec.Struct, frozen=True):
    """A possible artist: distinguishing facts, and the local albums by them."""

    name: str
    facts: tuple[str, ...]
    mbid: str
    titles: tuple[str, ...]
    more: int  # albums not shown


class Section(msgspec.Struct, frozen=True):
    """The data of the report section."""

    lead: str  # the artist, or that it is unknown
    choices: tuple[Chosen, ...] = ()
    mbid: str = ""
    sums: str = ""
    albums: tuple[Missing, ...] = ()
    tracks: tuple[Missing, ...] = ()
    bonus: tuple[Missing, ...] = ()
    bootlegs: int = 0
    here: Matched | None = None  # the local albums


def of(lookup: Inquiry, artist: Here, choose: Choose = lambda *_places: "") -> Section | None:
    """Build the section; None if there is no lookup result.

    `choose` returns the command by which the user chooses the release of albums.
    """
    resolved = lookup.resolved
    choices = resolved.choices if resolved else ()
    if not lookup.state or (lookup.state == "pending" and not (lookup.known or choices)):
        return None
    lead, albums_here = _lead(lookup, artist), matched.of(artist, lookup.matches, choose)
    if not (resolved and resolved.artist and lookup.known):
        return Section(lead, tuple(map(_chosen, choices)), here=albums_here)
    collection = lookup.holdings
    albums = [
        item for item in collection.lacking if not item.track and item.reason is Reason.NOT_OWNED
    ]
    groups = {item.group.id for item in collection.lacking if item.reason not in _NOT_SOLD}
    all_ = len(groups | {item.group.id for item in collection.held})
    return Section(
        lead=lead,
        mbid=resolved.artist.id,
        sums=f"{len(albums):,} of {page.counted(all_, 'release group')} missing" if all_ else "",
        albums=tuple(_grouped(albums, lambda item: item.group.type, _album)),
        tracks=tuple(_tracks(collection.lacking, Reason.NOT_OWNED)),
        bonus=tuple(_tracks(collection.lacking, Reason.BONUS)),
        bootlegs=sum(item.reason in _NOT_SOLD for item in collection.lacking),
        here=albums_here,
    )


def _lead(lookup: Inquiry, artist: Here) -> str:
    resolved = lookup.resolved
    # The batch shows why it is pending: the reason may contain a time, which would change reports.
    outdated = resolved if lookup.state == "pending" else None
    stale_note = f" The data below is of {outdated.asked[:10]}." if outdated else ""
    if resolved and resolved.choices:
        lead = unsure(resolved.choices)
        return f"{lead[0].upper()}{lead[1:]}.{stale_note}"
    if resolved is None or resolved.artist is None:
        if not question.of(artist).albums:
            return _LOOSE
        return "MusicBrainz does not know this artist, neither by name nor by albums."
    return f"{_named(resolved.artist)}, found {_BY[resolved.by]}.{stale_note}"


def _chosen(choice: Choice) -> Chosen:
    artist = choice.artist
    facts = filter(None, (artist.disambiguation, artist.type, artist.country))
    more = len(choice.titles) - FEW
    return Chosen(artist.name, tuple(facts), artist.id, choice.titles[:FEW], max(more, 0))


def unsure(choices: Sequence[Choice]) -> str:
    """Describe the possible artists; a single one may be wrong."""
    if len(choices) != 1:
        return page.counted(len(choices), "possible artist")
    (choice,) = choices
    share = "few of the local albums are" if choice.titles else "none of the local albums is"
    return f"it may be {_named(choice.artist)}, but {share} known to be theirs"


def _named(artist: Artist) -> str:
    return f"{artist.name} ({artist.disambiguation})" if artist.disambiguation else artist.name


def _grouped(
    missing: Iterable[Lacking], key: Callable[[Lacking], str], format_line: Callable[[Lacking], str]
) -> Iterator[Missing]:
    for name, group in groupby(missing, key):
        items = list(group)
        yield Missing(name, tuple(map(format_line, items[:SHOWN])), len(items))


def _tracks(lacking: Sequence[Lacking], reason: Reason) -> Iterator[Missing]:
    tracks = [item for item in lacking if item.track and item.reason is reason]
    format_line = _track if reason is Reason.NOT_OWNED else _bonus
    return _grouped(tracks, lambda item: item.place or grouping.LOOSE, format_line)


def _album(missing: Lacking) -> str:
    year = (missing.group.first_release_date or "")[:4]
    facts = [year, page.counted(missing.tracks, "track")]
    return f"{missing.group.title} ({', '.join(filter(None, facts))})"


def _track(missing: Lacking) -> str:
    assert missing.track is not None
    medium, track = missing.track
    disc = f"{medium.position}-" if missing.release and len(missing.release.media) > 1 else ""
    return f"{disc}{track.number or track.position} {track.title}{_length(track)}"


def _bonus(missing: Lacking) -> str:
    assert missing.track is not None
    track = missing.track[1]
    return f"{track.title}{_length(track)} on {_edition(missing.release)}"


def _edition(release: Release | None) -> str:
    """Describe an edition by country, year, media and remark."""
    if release is None:
        return "another edition"
    formats = dict.fromkeys(medium.format for medium in release.media if medium.format)
    facts = [release.country, (release.date or "")[:4], " + ".join(formats), release.disambiguation]
    return "the edition " + (" ".join(filter(None, facts)) or release.id)


def _length(track: Listed) -> str:
    seconds = round((track.length or track.recording.length or 0) / 1000)
    return f" ({seconds // 60}:{seconds % 60:02})" if seconds else ""
