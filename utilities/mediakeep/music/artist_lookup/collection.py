"""Compare the local albums with a discography: which albums and tracks are owned or missing.

A matched album is the release that it matches. Other albums are identified by their exact title.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedAlbum
from mediakeep.lookups.musicbrainz.model import Discography, Release, ReleaseGroup
from mediakeep.music.artist_lookup import discography_index
from mediakeep.music.artist_lookup.artist_query import ArtistQuery, OwnedAlbum
from mediakeep.music.artist_lookup.discography_index import DiscographyIndex
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Artist
from mediakeep.music.text import track_overlap
from mediakeep.music.text.track_overlap import MediumTrack, TrackKey, TrackOverlap


class MissingReason(StrEnum):
    """Why a release or a track counts as missing."""

    NOT_OWNED = "not owned"
    OTHER_EDITION = "another edition owned"
    BONUS = "bonus track"
    BOOTLEG = "bootleg only"  # or promotional only: never sold
    UNOFFICIAL = "no official release"  # and the status of the others was not looked up


class MissingRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A missing album, or a missing track if `track` is set; `release` may be None."""

    reason: MissingReason
    group: ReleaseGroup
    release: Release | None = None  # the chosen edition
    editions: int = 0
    tracks: int = 0  # tracks of that edition; if another edition is owned, the missing ones
    track: MediumTrack | None = None
    place: str = ""  # folder of the album with the missing track


class OwnedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The local albums of one release group, and their edition.

    `overlap` contains the tracks of the edition that are missing. `unproven` are further tracks of
    it that are not owned, but that another edition, which is as likely, does not have.
    """

    albums: tuple[OwnedAlbum, ...]
    group: ReleaseGroup
    release: Release
    overlap: TrackOverlap
    unproven: tuple[MediumTrack, ...] = ()


class OwnedDiscography(msgspec.Struct, frozen=True, kw_only=True):
    """The owned and the missing albums of an artist, and local albums not in the discography."""

    groups: tuple[OwnedGroup, ...] = ()
    missing: tuple[MissingRelease, ...] = ()
    unknown_places: tuple[str, ...] = ()  # places of the local albums


_GroupAndRelease = tuple[str, str]  # release group, and the release named in the tags or ""


def compare_with_discography(
    artist: Artist,
    query: ArtistQuery,
    discography: Discography,
    other_releases: Iterable[Release] = (),
    matches: Mapping[str, AlbumMatch] = {},
) -> OwnedDiscography:
    """Return which albums of a discography are owned, and which are missing.

    `other_releases` are releases by others that local albums may be.
    """
    own, foreign = (
        discography_index.build_index(discography.groups, discography.releases),
        discography_index.build_index((), other_releases),
    )
    tracks = {
        album.place: [track_overlap.build_track_key(track) for track in album.tracks]
        for album in artist.albums
    }
    loose_tracks = tracks.get("", [])
    own_albums: dict[_GroupAndRelease, list[OwnedAlbum]] = defaultdict(list)
    foreign_albums: dict[_GroupAndRelease, list[OwnedAlbum]] = defaultdict(list)
    unknown, likely_groups = [], set()
    for owned in sorted(query.albums, key=lambda album: not album.place):  # loose tracks last
        match = matches.get(owned.place)
        index, edition = _assign_edition(owned, match, tracks[owned.place], (own, foreign))
        if edition[0]:
            target = foreign_albums if index is foreign else own_albums
            target[edition if owned.place else _edition_of_loose_tracks(edition, target)].append(
                owned
            )
        else:
            unknown.append(owned.place)
            likely_groups |= _likely_groups(match)
    own_groups = [
        _find_owned_group(own, group, albums, tracks, matches)
        for (group, _), albums in own_albums.items()
    ]
    foreign_groups = [
        _find_owned_group(foreign, group, albums, tracks, matches)
        for (group, _), albums in foreign_albums.items()
    ]
    credited_to = "" if query.is_various else discography.artist.id
    shares_tracks = functools.partial(_shares_tracks, matches=matches)
    # Other albums of the artist are in folders that belong to other items.
    is_flat = any(album.in_library_root for album in artist.albums)
    missing = [
        *(
            ()
            if is_flat
            else _missing_albums(
                own, foreign, {group for group, _ in (*own_albums, *foreign_albums)} | likely_groups
            )
        ),
        *(
            item
            for album in own_groups
            if shares_tracks(album)
            for item in _missing_and_bonus_tracks(album, own, tracks, loose_tracks)
        ),
        *(
            item
            for album in foreign_groups
            if shares_tracks(album)
            for item in _missing_tracks(album, credited_to)
        ),
    ]
    return OwnedDiscography(
        groups=(*own_groups, *foreign_groups),
        missing=tuple(sorted(missing, key=_sort_key)),
        unknown_places=tuple(unknown),
    )


def _edition_of_loose_tracks(
    edition: _GroupAndRelease, editions: Iterable[_GroupAndRelease]
) -> _GroupAndRelease:
    """Return the release of loose tracks: that of an album folder with the same group, if any."""
    return next((candidate for candidate in editions if candidate[0] == edition[0]), edition)


def _assign_edition(
    owned: OwnedAlbum,
    match: AlbumMatch | None,
    tracks: Sequence[TrackKey],
    indexes: tuple[DiscographyIndex, DiscographyIndex],
) -> tuple[DiscographyIndex, _GroupAndRelease]:
    """Return the index that contains a local album, its release group, and its release if known.

    An unmatched album belongs to the group with its exact title, or with the MBID in its tags. It
    does not if its match has found nearer releases.
    """
    own, foreign = indexes
    if match and match.group and match.best:
        release = match.best.release.id
        index = own if release in own.releases else foreign
        return index, (match.group.id, match.release.id if match.release else "")
    near_groups = (
        {
            near_release.release_group.id
            for near_release in match.releases
            if near_release.release_group
        }
        if match
        else None
    )
    for index in (foreign, own) if owned.release in foreign.releases else (own, foreign):
        group = discography_index.find_group(owned, tracks, index)
        # its tracks may be like those of another
        if group and (not near_groups or group in near_groups):
            return index, (group, owned.release if owned.release in index.releases else "")
    return own, ("", "")


def _likely_groups(match: AlbumMatch | None) -> set[str]:
    """Return the release group that an unsure album may be, so it is not reported as missing."""
    likely = match.best.release.release_group if match and match.best else None
    return {likely.id} if likely and match and match.confidence is MatchConfidence.UNSURE else set()


def _find_owned_group(
    index: DiscographyIndex,
    group: str,
    albums: list[OwnedAlbum],
    tracks: Mapping[str, list[TrackKey]],
    matches: Mapping[str, AlbumMatch],
) -> OwnedGroup:
    """Return local albums with their edition: the matched one, else the one that fits best.

    If other editions are as likely, only tracks that are on all of them are missing.
    """
    matched = [entry for album in albums if (entry := matches.get(album.place)) and entry.group]
    if len(albums) == 1 and matched:
        overlaps = [
            (
                TrackOverlap(candidate.missing, len(candidate.pairs), len(candidate.extra)),
                candidate.release,
            )
            for candidate in matched[0].candidates
        ]
        return _build_owned_group(index.groups[group], albums, overlaps)
    local_tracks = [entry for album in albums for entry in tracks[album.place]]
    tied = {release.id: release for entry in matched for release in entry.releases}
    editions = (
        [entry.release for entry in matched if entry.release]
        or [index.releases[entry.release] for entry in albums if entry.release in index.releases]
        or [*tied.values()]
        or [*index.editions.get(group, ())]
        # no official release: its tracks are unknown
        or [Release(id="", title=index.groups[group].title)]
    )
    overlaps = [
        (track_overlap.match_tracks(local_tracks, edition), edition) for edition in editions
    ]
    overlaps.sort(key=lambda entry: entry[0].distance)
    best = overlaps[0][0].distance
    likely = [entry for entry in overlaps if entry[1].id in tied or entry[0].distance == best]
    return _build_owned_group(index.groups[group], albums, likely)


def _build_owned_group(
    group: ReleaseGroup,
    albums: Sequence[OwnedAlbum],
    editions: Sequence[tuple[TrackOverlap, Release]],
) -> OwnedGroup:
    """Return local albums with the first of the equally likely `editions`."""
    fits, release = editions[0]
    missing = track_overlap.select_common_tracks([overlap.missing for overlap, _ in editions])
    return OwnedGroup(
        albums=tuple(albums),
        group=group,
        release=release,
        overlap=structs.replace(fits, missing=missing),
        unproven=tuple(track for track in fits.missing if track not in missing),
    )


def _shares_tracks(group: OwnedGroup, matches: Mapping[str, AlbumMatch]) -> bool:
    """Return whether any local album has tracks of its release.

    Only then are other tracks reported as missing. An unmatched album has only the title or the
    MBID of the release, and may contain something else.
    """
    matched = (matches.get(album.place) for album in group.albums)
    return (
        any(match and match.group for match in matched)
        or group.overlap.found_count >= group.overlap.extra_count
    )


def _missing_albums(
    index: DiscographyIndex, other_releases: DiscographyIndex, owned_groups: Iterable[str]
) -> Iterator[MissingRelease]:
    """Yield the release groups of which no local album exists.

    `other_releases` also contains editions that are not official.
    """
    for group in index.groups.values():
        if group.id in owned_groups:
            continue
        others = other_releases.editions.get(group.id, ())
        editions = index.editions.get(group.id) or [
            edition for edition in others if not edition.status
        ]
        if editions:
            first = editions[0]
            count = len(track_overlap.audio_tracks(first))
            yield MissingRelease(
                reason=MissingReason.NOT_OWNED,
                group=group,
                release=first,
                editions=len(editions),
                tracks=count,
            )
        else:
            yield MissingRelease(
                reason=MissingReason.BOOTLEG if others else MissingReason.UNOFFICIAL, group=group
            )


def _missing_tracks(album: OwnedGroup, artist_mbid: str = "") -> Iterator[MissingRelease]:
    """Yield the tracks that a local album lacks.

    If `artist_mbid` is given, only tracks by this artist count, as on a compilation.
    """
    for place in album.overlap.missing:
        if artist_mbid and not track_overlap.is_credited_to(place, album.release, artist_mbid):
            continue
        yield MissingRelease(
            reason=MissingReason.NOT_OWNED,
            group=album.group,
            release=album.release,
            track=place,
            place=album.albums[0].place,
        )


def _missing_and_bonus_tracks(
    album: OwnedGroup,
    index: DiscographyIndex,
    tracks: Mapping[str, list[TrackKey]],
    loose: Sequence[TrackKey],
) -> Iterator[MissingRelease]:
    """Yield the tracks that a local album lacks, and bonus tracks of its other editions."""
    yield from _missing_tracks(album)
    local_tracks = [place_ for owned in album.albums for place_ in tracks[owned.place]] + list(
        loose
    )
    known_keys = track_overlap.track_keys(
        track for track in track_overlap.audio_tracks(album.release) if track not in album.unproven
    )
    best: tuple[int, Release] | None = None
    for edition in index.editions.get(album.group.id, ()):
        lacking = track_overlap.match_tracks(local_tracks, edition).missing
        bonus = [
            place_
            for place_ in (album.unproven if edition.id == album.release.id else lacking)
            if known_keys.isdisjoint(track_overlap.track_keys([place_]))
        ]
        if bonus and (best is None or len(bonus) > best[0]):
            best = len(bonus), edition
        for place in bonus:
            known_keys |= track_overlap.track_keys([place])
            yield MissingRelease(
                reason=MissingReason.BONUS,
                group=album.group,
                release=edition,
                track=place,
                place=album.albums[0].place,
            )
    if best:
        yield MissingRelease(
            reason=MissingReason.OTHER_EDITION,
            group=album.group,
            release=best[1],
            editions=len(index.editions[album.group.id]),
            tracks=best[0],
            place=album.albums[0].place,
        )


def _sort_key(missing: MissingRelease) -> tuple[object, ...]:
    reasons = list(MissingReason)
    place = (missing.track[0].position, missing.track[1].position) if missing.track else (0, 0)
    date = missing.group.first_release_date or "9"
    return (
        missing.track is not None,
        reasons.index(missing.reason),
        discography_index.release_group_sort_key(missing.group),
        missing.group.type,
        date,
        missing.group.title,
        missing.place,
        place,
    )


def describe_albums(
    owned: OwnedDiscography, matches: Mapping[str, AlbumMatch], archive: str
) -> dict[str, ResolvedAlbum]:
    """Return the release data of each local album, by its place.

    `archive` is the base URL of the Cover Art Archive.
    """
    by_place: dict[str, ResolvedAlbum] = {}
    for group in owned.groups:
        for place in (album.place for album in group.albums):
            by_place[place] = _describe_album(group, matches.get(place), archive)
    for place in owned.unknown_places:
        by_place[place] = ResolvedAlbum(
            match=matches[place].confidence.value if place in matches else ""
        )
    return by_place


def _describe_album(
    group_owned: OwnedGroup, match: AlbumMatch | None, archive: str
) -> ResolvedAlbum:
    """Return the release data of a local album; if editions are tied, only that of its group."""
    group = group_owned.group
    album = ResolvedAlbum(
        match=match.confidence.value if match else "",
        release_group=group.id,
        title=group.title,
        first_release_date=group.first_release_date or "",
    )
    if match is None or match.group is None:
        return album
    has_front = any(release.cover_art_archive.front for release in match.releases)
    kind, mbid = ("release", match.release.id) if match.release else ("release-group", group.id)
    cover = f"{archive}/{kind}/{mbid}/front" if has_front else ""
    if match.release is None:
        tied = tuple(release.id for release in match.releases)
        return structs.replace(album, tied=tied, cover_art_url=cover)
    return structs.replace(
        album,
        release=match.release.id,
        title=match.release.title,
        date=match.release.date or "",
        cover_art_url=cover,
    )
