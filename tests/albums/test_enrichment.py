"""Albums whose missing tags and cover are looked up, on a local server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import mutagen
import pytest

from mediakeep.app.subjects.albums import SUBJECT
from mediakeep.item import Status
from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.media.audio import essence, tags
from mediakeep_simulator import factories
from mediakeep_simulator.entities import CatalogueCover, MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests import job_home, job_kinds, response_faults
from tests.albums import test_commands
from tests.job_kinds import AlbumHome
from tests.media.encoding import sounds
from tests.media.transfer import tagged_sources
from tests.music import visits

ALBUM = "Vera/Dawn"
TITLES = ("Low Tide", "Ballast", "Salt")
MILLISECONDS = 1000 * job_kinds.SAMPLES // sounds.RATE


def build_catalogue() -> MusicBrainzCatalogue:
    vera = factories.make_artist("Vera")
    dawn = factories.make_group(vera, "Dawn", genres=("folk",))
    release = factories.make_release(
        dawn, [TITLES], date="1974-03-02", country="NO", cover=CatalogueCover()
    )
    media = tuple(
        msgspec.structs.replace(
            medium,
            tracks=tuple(
                msgspec.structs.replace(track, length=MILLISECONDS) for track in medium.tracks
            ),
        )
        for medium in release.media
    )
    release = msgspec.structs.replace(release, media=media)
    return MusicBrainzCatalogue(artists=(vera,), groups=(dawn,), releases=(release,))


CATALOGUE = build_catalogue()
RELEASE = CATALOGUE.releases[0]


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(CATALOGUE) as server:
        yield server


@pytest.fixture
def dawn(albums: AlbumHome, server: SimulatorServer) -> AlbumHome:
    """An album that the server knows; its last track is lossy and has other tags."""
    albums.make(ALBUM, tracks=len(TITLES))
    folder = albums.library / ALBUM
    for number, title in enumerate(TITLES, 1):
        job_kinds.tag(folder / f"0{number} T.flac", title=title, tracknumber=str(number))
    sounds.convert(folder / "03 T.flac", folder / "03 T.mp3", "mp3-v0")
    (folder / "03 T.flac").unlink()
    mp3 = mutagen.File(folder / "03 T.mp3", easy=True)
    mp3.update(
        title="Salt!", tracknumber="3", artist="Vera", album="Dawn", date="1974", genre="Sea"
    )
    mp3.save()
    albums.access = visits.access(server)
    return albums


def read_outputs(albums: AlbumHome) -> list[Path]:
    return sorted((albums.output / ALBUM).glob("0*"))


def test_missing_tags_and_the_cover_are_looked_up(dawn: AlbumHome, server: SimulatorServer) -> None:
    before = job_home.contents(dawn.library)
    dawn.prepare(enrich=True)
    assert SUBJECT.jobs
    lines = SUBJECT.jobs.plan(
        dawn.path, dawn.item(ALBUM), dawn.settings(enrich=True, profile="mp3-v0")
    )
    assert "converting: profile mp3-v0, missing tags and covers are looked up" in lines
    assert server.requests == []
    dawn.process(enrich=True, profile="mp3-v0")
    assert dawn.item(ALBUM).status is Status.COMPLETED, dawn.item(ALBUM).error_message
    outputs = read_outputs(dawn)
    found = [tags.read(path).tags for path in outputs]
    assert [path.suffix for path in outputs] == [".mp3", ".mp3", ".mp3"]
    assert {one.musicbrainz_albumid for one in found} == {(RELEASE.id,)}
    assert [one.date for one in found] == [("1974",)] * 3  # as the album has it already
    assert [one.title for one in found] == [("Low Tide",), ("Ballast",), ("Salt!",)]
    assert [one.genres for one in found] == [("Folk",), ("Folk",), ("Sea",)]
    assert [[picture.mime for picture in one.pictures] for one in found] == [["image/png"]] * 3
    assert job_home.contents(dawn.library) == before
    source, copy = dawn.library / ALBUM / "03 T.mp3", outputs[2]
    assert essence.compute_audio_hash(source) == essence.compute_audio_hash(copy)
    report = dawn.report(ALBUM)
    assert report["release"] == f"https://musicbrainz.org/release/{RELEASE.id}"
    assert {"date", "genres", "media"} < set(report["tracks"][0]["filled"])
    assert "date" not in report["tracks"][2]["filled"]
    page = (dawn.path / "issues/albums" / f"{dawn.item(ALBUM).output_name}.md").read_text()
    assert "Filled in 3 of 3 tracks: " in page
    assert "originaldate, " in page


def test_a_second_album_of_the_artist_is_matched_from_the_cache(
    dawn: AlbumHome, server: SimulatorServer
) -> None:
    dawn.convert(enrich=True)
    count = len(server.requests)
    dawn.reset(ALBUM, to="preparing")
    dawn.process(enrich=True, existing="replace", access=visits.access(server))
    assert len(server.requests) - count <= 1  # the cover, if its file was removed
    assert tags.read(read_outputs(dawn)[0]).tags.musicbrainz_albumid == (RELEASE.id,)


@pytest.mark.slow
def test_the_command_looks_up_by_its_options(dawn: AlbumHome, server: SimulatorServer) -> None:
    hosts = ("--musicbrainz-host", server.url, "--coverart-host", server.url)
    options = ("--output", dawn.output, "--enrich", "--musicbrainz-interval", "0", *hosts)
    (dawn.path / "mediakeep.toml").write_text('contact = "me@example.org"\ncover_size = "250"\n')
    test_commands.convert(dawn, dawn.library, *options)
    found = [tags.read(path).tags for path in read_outputs(dawn)]
    assert [one.musicbrainz_albumid for one in found] == [(RELEASE.id,)] * 3
    assert {picture.width for one in found for picture in one.pictures} == {250}
    assert all("me@example.org" in one.agent for one in server.requests)


@pytest.mark.parametrize("state", ["disabled", "outage", "other album", "no cover"])
def test_without_an_answer_the_album_is_published_and_the_report_says_why(
    dawn: AlbumHome, server: SimulatorServer, state: str
) -> None:
    if state == "disabled":
        dawn.access = DISABLED
    elif state == "outage":
        server.faults.fail_next(response_faults.html_page, times=99)
    elif state == "no cover":
        server.faults.fail_next(
            response_faults.html_page, times=99, where=lambda one: one.path.startswith("/release")
        )
    else:
        for number in (1, 2):
            track = dawn.library / ALBUM / f"0{number} T.flac"
            job_kinds.tag(track, title=f"Other {number}", artist="Ida", album="Night")
    dawn.convert(enrich=True)
    assert dawn.item(ALBUM).status is Status.COMPLETED
    report = dawn.report(ALBUM)
    reasons = {"disabled": "not queried", "outage": "MusicBrainz failed", "no cover": "Archive"}
    assert reasons.get(state, "No release on MusicBrainz") in report["lookup_problem"]
    found = tags.read(read_outputs(dawn)[0]).tags
    assert bool(found.musicbrainz_albumid) == (state == "no cover")
    assert found.pictures == ()


def test_the_cover_of_the_folder_comes_first(dawn: AlbumHome, server: SimulatorServer) -> None:
    (dawn.library / ALBUM / "cover.png").write_bytes(tagged_sources.BACK)
    dawn.convert(enrich=True)
    assert not [one for one in server.requests if one.path.startswith("/release")]
    for path in read_outputs(dawn):
        (picture,) = tags.read(path).tags.pictures
        assert picture.seen == "image/png"


def test_after_a_kill_the_result_of_the_lookup_is_used_again(
    dawn: AlbumHome, server: SimulatorServer
) -> None:
    dawn.prepare()
    assert dawn.kill_at(1, "_state/outputs/", enrich=True)
    count = len(server.requests)
    dawn.process(enrich=True)
    assert len(server.requests) == count > 0
    assert dawn.item(ALBUM).status is Status.COMPLETED
    assert tags.read(read_outputs(dawn)[0]).tags.musicbrainz_albumid == (RELEASE.id,)
