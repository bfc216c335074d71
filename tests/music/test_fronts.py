"""The front cover of a match: never guessed, and requested only if it exists."""

from __future__ import annotations

from mediakeep.lookups.musicbrainz.model import CoverArtInfo, Release
from mediakeep.media.audio.tags import EmbeddedPicture, Tags
from mediakeep.music.checks import covers
from mediakeep.music.matching import archive_covers
from mediakeep.music.matching.archive_covers import ArchiveCover
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence, ReleaseCandidate
from mediakeep.music.model import Album, Artist, ImageFile, Track
from tests.music import worlds
from tests.sampling import each_row

DAWN = worlds.group("Dawn")
GROUP = ArchiveCover(DAWN.id, "release group")


def release(front: bool, name: str) -> Release:
    return worlds.release(DAWN, ["a"], name=name, cover_art_archive=CoverArtInfo(front=front))


def match(sure: MatchConfidence, *has_one: bool) -> AlbumMatch:
    releases = [release(front, f"{place}") for place, front in enumerate(has_one)]
    candidates = tuple(ReleaseCandidate(release=release, distance=0.1) for release in releases)
    return AlbumMatch(place="Dawn", confidence=sure, candidates=candidates)


@each_row(
    ("match", "front"),
    [
        (None, None),
        (match(MatchConfidence.CERTAIN, True), ArchiveCover(f"{DAWN.id} 0", "release")),
        (match(MatchConfidence.CERTAIN, False), None),
        (
            match(MatchConfidence.CERTAIN, False, True),
            None,
        ),  # that of another edition may be another one
        (match(MatchConfidence.TIED, False, False), None),
        (match(MatchConfidence.TIED, False, True), GROUP),
        (match(MatchConfidence.TIED, True, True), GROUP),
        (match(MatchConfidence.UNSURE, True, True), None),
        (match(MatchConfidence.UNKNOWN, True), None),
        (match(MatchConfidence.UNKNOWN), None),
    ],
)
def test_only_what_is_certain_has_a_front_cover(
    match: AlbumMatch | None, front: ArchiveCover | None
) -> None:
    assert archive_covers.find_cover_for_match(match) == front


def picture(width: int, kind: int = 3, seen: str = "image/jpeg") -> EmbeddedPicture:
    return EmbeddedPicture(
        type=kind, mime="image/jpeg", size=9, seen=seen, width=width, height=width
    )


def image(width: int) -> ImageFile:
    return ImageFile(place="Dawn/a.jpg", size=9, mime="image/jpeg", width=width, height=width)


def describe_upgrade(*embedded: EmbeddedPicture | None, images: tuple[ImageFile, ...] = ()) -> str:
    """Return what cover_upgrade reports about an album whose tracks hold these pictures."""
    tracks = tuple(
        Track(place=f"Dawn/{number}.mp3", tags=Tags(pictures=(one,) if one else ()))
        for number, one in enumerate(embedded)
    )
    album = Album(place="Dawn", tracks=tracks, images=images)
    known = {"Dawn": match(MatchConfidence.CERTAIN, True)}
    artist = Artist(name="Vera", path="/Vera", albums=(album,), fingerprint="", matches=known)
    return covers.cover_upgrade(artist).get("Dawn", "")


@each_row(
    ("embedded", "images", "size"),
    [
        ((picture(499),), (), "499 x 499"),
        ((picture(500),), (), ""),
        ((picture(299),), (), ""),  # that is cover-too-small
        ((picture(1200), picture(400)), (), "400 x 400"),  # a run was killed between them
        ((picture(1200), None), (), ""),
        ((picture(400, kind=4),), (), ""),  # no front cover
        ((picture(400, seen=""),), (), ""),  # no picture at all
        ((picture(0),), (), ""),  # of unknown size
        ((None,), (), ""),
        ((None,), (image(400),), "400 x 400"),
        ((None,), (image(400), image(600)), ""),
        ((picture(400),), (image(600),), "400 x 400"),
    ],
)
def test_a_small_front_cover_is_noted(
    embedded: tuple[EmbeddedPicture | None, ...], images: tuple[ImageFile, ...], size: str
) -> None:
    upgrade = describe_upgrade(*embedded, images=images)
    assert upgrade == (f"{size} pixels; there is one of the release {DAWN.id} 0" if size else "")


def test_without_a_match_no_cover_is_too_small() -> None:
    tracks = (Track(place="Dawn/1.mp3", tags=Tags(pictures=(picture(400),))),)
    album = Album(place="Dawn", tracks=tracks)
    artist = Artist(name="Vera", path="/Vera", albums=(album,), fingerprint="")
    assert covers.cover_upgrade(artist) == {}
