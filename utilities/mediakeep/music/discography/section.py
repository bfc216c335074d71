"""What a report says of an artist at MusicBrainz: who it is, and what of the discography lacks."""

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

SHOWN = 40  # albums, or tracks of an album, that the report names; the table has all
FEW = 3  # albums that are named of each artist who may be meant

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
    """One group of what is missing: its name, the lines that are shown, and how many are not."""

    name: str
    lines: tuple[str, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.lines)


class Chosen(msgspec.Struct, frozen=True):
    """One artist who may be meant: what tells them from others, and whose albums are here."""

    name: str
    facts: tuple[str, ...]
    mbid: str
    titles: tuple[str, ...]
    more: int  # albums that are not named


class Section(msgspec.Struct, frozen=True):
    """The section of the report."""

    lead: str  # who it is, or that this is not known
    choices: tuple[Chosen, ...] = ()
    mbid: str = ""
    sums: str = ""
    albums: tuple[Missing, ...] = ()
    tracks: tuple[Missing, ...] = ()
    bonus: tuple[Missing, ...] = ()
    bootlegs: int = 0
    here: Matched | None = None  # the albums that are here


def of(asked: Inquiry, here: Here, choose: Choose = lambda *_places: "") -> Section | None:
    """Write the section; None where nothing is known, because nobody was asked.

    `choose` gives the command by which a person decides what the albums of places are.
    """
    resolved = asked.resolved
    choices = resolved.choices if resolved else ()
    if not asked.state or (asked.state == "pending" and not (asked.known or choices)):
        return None
    lead, albums_here = _lead(asked, here), matched.of(here, asked.matches, choose)
    if not (resolved and resolved.artist and asked.known):
        return Section(lead, tuple(map(_chosen, choices)), here=albums_here)
    told = asked.holdings
    albums = [one for one in told.lacking if not one.track and one.reason is Reason.NOT_OWNED]
    groups = {one.group.id for one in told.lacking if one.reason not in _NOT_SOLD}
    all_ = len(groups | {one.group.id for one in told.held})
    return Section(
        lead=lead,
        mbid=resolved.artist.id,
        sums=f"{len(albums):,} of {page.counted(all_, 'release group')} missing" if all_ else "",
        albums=tuple(_grouped(albums, lambda one: one.group.type, _album)),
        tracks=tuple(_tracks(told.lacking, Reason.NOT_OWNED)),
        bonus=tuple(_tracks(told.lacking, Reason.BONUS)),
        bootlegs=sum(one.reason in _NOT_SOLD for one in told.lacking),
        here=albums_here,
    )


def _lead(asked: Inquiry, here: Here) -> str:
    resolved = asked.resolved
    # Why it waits is told by the batch: it may hold a time, and a report must not change with it.
    old = resolved if asked.state == "pending" else None
    stale = f" What follows is of {old.asked[:10]}." if old else ""
    if resolved and resolved.choices:
        lead = unsure(resolved.choices)
        return f"{lead[0].upper()}{lead[1:]}; a person decides.{stale}"
    if resolved is None or resolved.artist is None:
        if not question.of(here).albums:
            return _LOOSE
        return "MusicBrainz does not know this artist by this name, nor by these albums."
    return f"{_named(resolved.artist)}, found {_BY[resolved.by]}.{stale}"


def _chosen(one: Choice) -> Chosen:
    artist = one.artist
    facts = filter(None, (artist.disambiguation, artist.type, artist.country))
    more = len(one.titles) - FEW
    return Chosen(artist.name, tuple(facts), artist.id, one.titles[:FEW], max(more, 0))


def unsure(choices: Sequence[Choice]) -> str:
    """Say that it is not certain which of these artists it is; one alone may be a wrong one."""
    if len(choices) != 1:
        return f"{page.counted(len(choices), 'artist')} may be meant"
    (one,) = choices
    some = "few of the albums here are" if one.titles else "none of the albums here is"
    return f"it may be {_named(one.artist)}, but {some} known to be theirs"


def _named(artist: Artist) -> str:
    return f"{artist.name} ({artist.disambiguation})" if artist.disambiguation else artist.name


def _grouped(
    some: Iterable[Lacking], key: Callable[[Lacking], str], told: Callable[[Lacking], str]
) -> Iterator[Missing]:
    for name, group in groupby(some, key):
        found = list(group)
        yield Missing(name, tuple(map(told, found[:SHOWN])), len(found))


def _tracks(lacking: Sequence[Lacking], reason: Reason) -> Iterator[Missing]:
    some = [one for one in lacking if one.track and one.reason is reason]
    told = _track if reason is Reason.NOT_OWNED else _bonus
    return _grouped(some, lambda one: one.place or grouping.LOOSE, told)


def _album(one: Lacking) -> str:
    year = (one.group.first_release_date or "")[:4]
    facts = [year, page.counted(one.tracks, "track")]
    return f"{one.group.title} ({', '.join(filter(None, facts))})"


def _track(one: Lacking) -> str:
    assert one.track is not None
    medium, track = one.track
    disc = f"{medium.position}-" if one.release and len(one.release.media) > 1 else ""
    return f"{disc}{track.number or track.position} {track.title}{_length(track)}"


def _bonus(one: Lacking) -> str:
    assert one.track is not None
    track = one.track[1]
    return f"{track.title}{_length(track)} on {_edition(one.release)}"


def _edition(release: Release | None) -> str:
    """Tell an edition from the others: where and when it came out, and on what."""
    if release is None:
        return "another edition"
    formats = dict.fromkeys(medium.format for medium in release.media if medium.format)
    facts = [release.country, (release.date or "")[:4], " + ".join(formats), release.disambiguation]
    return "the edition " + (" ".join(filter(None, facts)) or release.id)


def _length(track: Listed) -> str:
    seconds = round((track.length or track.recording.length or 0) / 1000)
    return f" ({seconds // 60}:{seconds % 60:02})" if seconds else ""
