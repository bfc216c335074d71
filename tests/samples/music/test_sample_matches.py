"""The sample library and its catalogue match: all that lookups should find exists."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from mediakeep.media.audio import tags
from mediakeep_samples.music import music_library
from mediakeep_samples.music.music_defects import MISSING_COVER
from mediakeep_samples.music.music_library import MusicLibraryManifest
from mediakeep_simulator import catalogue_file, sample_artists
from mediakeep_simulator.entities import CatalogueRelease, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.sample_artists import SampleAlbum, SampleArtist
from tests.sampling import each_row

FIRST = 10  # artists; the demo has each kind of case among them
SILENT = ("empty-file", "not-audio", "truncated-audio")
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> MusicLibraryManifest:
    return music_library.make_library(tmp_path_factory.mktemp("demo") / "music")


def cast(seed: int = 1, artists: int = FIRST) -> list[SampleArtist]:
    return sample_artists.generate_artists(artists, None, Random(seed))


def editions(
    known: MusicBrainzCatalogue, artist: SampleArtist, album: SampleAlbum
) -> list[CatalogueRelease]:
    group = generate_mbid("group", generate_mbid("artist", artist.name, 1), album.title)
    return [release for release in known.releases if release.group == group]


def folder(root: Path, artist: SampleArtist, album: SampleAlbum) -> Path:
    return root / artist.name.replace("/", "_") / album.title.replace("/", "_")


def readable(demo: MusicLibraryManifest, where: Path) -> dict[int, tags.AudioFile]:
    """Read the playable tracks of an album, by the number in the name."""
    silent = {demo.root / defect.path for defect in demo.planted if defect.kind in SILENT}
    paths = [path for path in where.iterdir() if path.stem != "cover" and path not in silent]
    return {int(path.name[:2]): tags.read(path) for path in paths}


def test_files_have_the_lengths_of_the_catalogue(demo: MusicLibraryManifest) -> None:
    known, compared = catalogue_file.generate_catalogue(), 0
    swapped = {
        demo.root / defect.path.parent for defect in demo.lookup_defects if "order" in defect.kind
    }
    for artist in cast(artists=14):
        for album in artist.albums:
            where = folder(demo.root, artist, album)
            if not album.known or where in swapped or not where.exists():
                continue
            for edition in editions(known, artist, album):
                lengths = [track.length for track in edition.media[0].tracks]
                for number, read in readable(demo, where).items():
                    assert lengths[number - 1] / 1000 == pytest.approx(read.facts.duration, abs=0.1)
                    compared += 1
    assert compared > 400


def test_tracks_of_an_album_have_distinguishable_lengths() -> None:
    known = catalogue_file.generate_catalogue()
    for artist in cast():
        for album in artist.albums:
            for edition in editions(known, artist, album)[:1]:
                lengths = [track.length or 0 for track in edition.media[0].tracks]
                assert len({length // 100 for length in lengths}) > len(lengths) / 2
                assert all(2000 < length < 9500 for length in lengths)


def test_a_lookup_defect_differs_from_the_release_but_is_consistent_in_the_files(
    demo: MusicLibraryManifest,
) -> None:
    known = catalogue_file.generate_catalogue()
    albums = {
        folder(demo.root, artist, album): [artist, album]
        for artist in cast(artists=14)
        for album in artist.albums
    }
    assert {defect.kind for defect in demo.lookup_defects} == {"title-differs", "wrong-track-order"}
    for defect in demo.lookup_defects:
        path = demo.root / defect.path
        artist, album = albums[path.parent]
        told = tags.read(path).tags
        place = album.tracks.index(told.title[0]) + 1 if told.title[0] in album.tracks else 0
        assert path.stem == f"{int(path.name[:2]):02} - {told.title[0]}"
        assert editions(known, artist, album)
        if defect.kind == "wrong-track-order":
            assert place not in (0, int(path.name[:2]))
        else:
            right = album.tracks[int(path.name[:2]) - 1]
            assert place == 0
            assert sorted(right) == sorted(told.title[0])
            assert sum(a != b for a, b in zip(right, told.title[0], strict=True)) == 2


def test_edition_tags_identify_one_edition(demo: MusicLibraryManifest) -> None:
    known, signs = catalogue_file.generate_catalogue(), set()
    for artist in cast():
        for album in artist.albums:
            if not album.sign:
                continue
            signs.add(album.sign)
            editions_ = editions(known, artist, album)
            assert len(editions_) > 1
            for read in readable(demo, folder(demo.root, artist, album)).values():
                (value,) = getattr(read.tags, album.sign)
                (one,) = [release for release in editions_ if value in printed(release)]
                assert one.id == editions_[album.edition - 1].id
                assert read.tags.date == (one.date[:4],)
    assert signs == {"barcode", "catalognumber"}


def printed(release: CatalogueRelease) -> list[str]:
    return [release.barcode, *(label.catalogue_number for label in release.labels)]


@each_row("seed", SEEDS)
def test_some_albums_have_editions_that_the_tags_do_not_distinguish(seed: int) -> None:
    known, ties = catalogue_file.generate_catalogue(seed=seed), 0
    for artist in cast(seed):
        for album in artist.albums:
            alike = defaultdict(list)
            for release in editions(known, artist, album):
                titles = tuple(t.title for medium in release.media for t in medium.tracks)
                alike[(titles, release.date[:4])].append(release)
            tied = alike[(album.tracks, str(album.year))]
            assert len({release.country for release in tied}) == len(tied)
            ties += len(tied) > 1 and not album.sign
    assert ties > 1


@each_row("seed", SEEDS)
def test_some_albums_are_missing_from_the_catalogue_but_not_their_artists(seed: int) -> None:
    known = catalogue_file.generate_catalogue(30, seed=seed)
    strange = 0
    for artist in cast(seed, 30):
        assert artist.albums[0].known
        for album in artist.albums:
            if not album.known:
                strange += 1
                assert editions(known, artist, album) == []
                assert album.mistakes == ()  # nobody could find them
    assert strange >= 2


def test_an_album_without_a_cover_has_one_in_the_catalogue(demo: MusicLibraryManifest) -> None:
    known = catalogue_file.generate_catalogue()
    bare = {demo.root / defect.path for defect in demo.planted if defect.kind == MISSING_COVER}
    covers = [
        all(release.cover for release in editions(known, artist, album)[:1])
        for artist in cast()
        for album in artist.albums
        if folder(demo.root, artist, album) in bare and album.known
    ]
    assert any(covers)


def test_barcodes_are_valid() -> None:
    codes = [
        release.barcode
        for release in catalogue_file.generate_catalogue().releases
        if release.barcode
    ]
    assert len(codes) > 50
    for code in codes:
        digits = list(map(int, code))
        assert (3 * sum(digits[::2]) + sum(digits[1::2])) % 10 == 0


def test_without_a_suitable_track_no_lookup_defect_is_planted(tmp_path: Path) -> None:
    """The first artist alone has 13 tracks, most of them with another defect."""
    library = music_library.make_library(tmp_path / "music", artists=3, seed=4)
    damaged = {defect.path for defect in library.planted}
    assert not damaged & {defect.path for defect in library.lookup_defects}
    assert len({defect.path for defect in library.lookup_defects}) == len(library.lookup_defects)
