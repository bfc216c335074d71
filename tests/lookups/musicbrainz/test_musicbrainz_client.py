"""The MusicBrainz client against the simulator, which can fail in many ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from mediakeep.errors import InvalidResponse, NoSuchMBID, NotFound, Outage, ServiceFailed
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.musicbrainz import model, responses, search_query
from mediakeep.lookups.musicbrainz.client import MusicBrainzClient
from mediakeep.lookups.musicbrainz.lookup_store import MusicBrainzStore
from mediakeep.lookups.musicbrainz.model import Discography
from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueLabelInfo,
    CatalogueRecording,
    MusicBrainzCatalogue,
    generate_mbid,
)
from mediakeep_simulator.fault_injection import ResponseFault
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.server import MusicBrainzApp, SimulatorServer
from tests import response_faults
from tests.lookups.conftest import CONTACT
from tests.sampling import some

Ask = Callable[[MusicBrainzCatalogue], tuple[SimulatorServer, MusicBrainzClient]]


class Changing:
    """Answers from one catalogue and, after a switch, from another."""

    def __init__(self, *worlds: MusicBrainzCatalogue) -> None:
        self._stands = [MusicBrainzApp(world) for world in worlds]

    def change(self) -> None:
        self._stands.pop(0)

    def handle(self, question: SimulatorRequest) -> SimulatorResponse:
        return self._stands[0].handle(question)


@pytest.fixture
def ask(http: CachedHttp) -> Iterator[Ask]:
    opened: list[SimulatorServer] = []

    def start(source: Any) -> tuple[SimulatorServer, MusicBrainzClient]:
        server = SimulatorServer(source).__enter__()
        opened.append(server)
        return server, MusicBrainzClient(http, Service("MusicBrainz", server.url))

    yield start
    for server in opened:
        server.__exit__(None, None, None)


def artist_in(world: MusicBrainzCatalogue) -> model.Artist:
    return model.Artist(id=world.artists[0].id, name=world.artists[0].name)


def whole(world: MusicBrainzCatalogue, found: Discography) -> bool:
    """Return whether a discography has every official release, with every track."""
    official = [one for one in world.releases if one.status == "Official"]
    expected = {one.id: [t.id for m in one.media for t in m.tracks] for one in official}
    told = {one.id: [track.id for _, track in one.tracks] for one in found.releases}
    groups = {one.id for one in world.groups}
    return told == expected and {one.id for one in found.groups} == groups


def offsets(server: SimulatorServer, path: str = "/ws/2/release/") -> list[int]:
    """Return the requested offsets, page by page."""
    parts = [asked.query.split("&") for asked in server.requests if asked.path == path]
    return [int(dict(part.split("=", 1) for part in one).get("offset", "0")) for one in parts]


def page_at(offset: int) -> Callable[[SimulatorRequest], bool]:
    """Match the page of releases at an offset."""
    return lambda asked: (
        asked.path == "/ws/2/release/" and asked.get_param("offset", "0") == str(offset)
    )


def changed(change: Callable[[Any], None]) -> ResponseFault:
    """Change the content of a valid response."""

    def spoil(reply: SimulatorResponse) -> SimulatorResponse:
        data = json.loads(reply.body)
        change(data)
        return replace(reply, body=json.dumps(data).encode())

    return spoil


def test_pages_of_500_tracks_are_read_to_the_last(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == [0, 38, 76]  # 38 releases have 494 tracks, 39 would have 507
    assert len(server.requests) == 4
    assert all("fmt=json" in asked.query for asked in server.requests)


def pressed() -> MusicBrainzCatalogue:
    """Build a release with all data that tags can be filled with."""
    vera, label = factories.make_artist("The Vera"), factories.make_label("Salt")
    group = factories.make_group(vera, "Dawn", genres=("indie rock", "folk"))
    facts = {"barcode": "0123456789012", "packaging": "Jewel Case", "country": "JP"}
    issuer = (CatalogueLabelInfo(label.id, "SALT 1"),)
    made = factories.make_release(
        group,
        [["a"], ["b"]],
        pressed=[(factories.make_disc_id("a"),), ()],
        date="1974-03",
        language="jpn",
        script="Jpan",
        labels=issuer,
        **facts,
    )
    isrcs, note = ("GBAYE7400001",), "live in a barn"
    song = CatalogueRecording(
        made.media[0].tracks[0].recording, "a", isrcs=isrcs, disambiguation=note
    )
    return MusicBrainzCatalogue((vera,), (label,), (group,), (made,), (song,))


def told(release: model.Release) -> list[Any]:
    """Return the data that tags are filled with."""
    group, words, (event,) = (
        release.release_group,
        release.text_representation,
        release.release_events,
    )
    assert group is not None
    assert words is not None
    assert event.area is not None
    [info] = release.label_info
    [(medium, track), _] = release.tracks
    return [
        [(genre.name, genre.count) for genre in group.genres],
        [[disc.id for disc in one.discs] for one in release.media],
        (words.language, words.script),
        (event.date, event.area.iso_3166_1_codes),
        (release.country, release.date, release.barcode, release.packaging, release.status),
        (info.label and info.label.name, info.catalog_number),
        (release.artist_credit[0].artist.sort_name, medium.format),
        (track.recording.disambiguation, track.recording.first_release_date),
        (len(track.recording.isrcs), track.id != track.recording.id),
    ]


def test_all_that_tags_are_written_from_comes_with_what_is_asked_anyway(
    ask: Ask, tmp_path: Path
) -> None:
    world = pressed()
    server, service = ask(world)
    found = service.browse_discography(artist_in(world), "now")
    assert len(server.requests) == 2
    assert found.format == model.DISCOGRAPHY_FORMAT
    wanted = [
        [("folk", 1), ("indie rock", 2)],
        [[factories.make_disc_id("a")], []],
        ("jpn", "Jpan"),
        ("1974-03", ("JP",)),
        ("JP", "1974-03", "0123456789012", "Jewel Case", "Official"),
        ("Salt", "SALT 1"),
        ("Vera, The", "CD"),
        ("live in a barn", "1974-03"),
        (1, True),
    ]
    assert told(found.releases[0]) == wanted
    assert told(service.get_release(world.releases[0].id)) == wanted
    assert [told(release) for release in service.browse_official_releases(world.groups[0].id)] == [
        wanted
    ]
    known = MusicBrainzStore(tmp_path)
    known.save_discography(found)
    assert known.get_discography(found.artist.id) == found
    known.close()


def test_the_official_editions_of_a_group_come_with_their_tracks_to_the_last(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=2, editions=50)
    bootleg = factories.make_release(world.groups[0], [["x"]], edition=99, status="Bootleg")
    server, service = ask(structs.replace(world, releases=(*world.releases, bootleg)))
    found = service.browse_official_releases(world.groups[0].id)
    own = [one for one in world.releases if one.group == world.groups[0].id]
    assert {one.id for one in found} == {one.id for one in own}
    assert all(one.has_all_tracks and one.track_count == 13 for one in found)
    assert offsets(server) == [0, 38]
    with pytest.raises(NotFound):
        service.browse_official_releases(generate_mbid("release-group", "gone"))


def test_a_release_of_more_than_500_tracks_has_a_page_of_its_own(ask: Ask) -> None:
    vera = factories.make_artist("Vera")
    box = factories.make_group(vera, "The Box")
    song = factories.make_group(vera, "Song")
    titles = [[f"{disc}-{n}" for n in range(60)] for disc in range(10)]
    releases = (factories.make_release(box, titles), factories.make_release(song, [["Song"]]))
    world = MusicBrainzCatalogue(artists=(vera,), groups=(box, song), releases=releases)
    server, service = ask(world)
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert len(offsets(server)) <= 2


@pytest.mark.parametrize("albums", [130, pytest.param(500, marks=pytest.mark.slow)])
def test_an_artist_of_two_thousand_releases_is_known_whole(ask: Ask, albums: int) -> None:
    world = factories.make_prolific_artist("Vera", albums=albums, editions=4, tracks=2)
    server, service = ask(world)
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == list(range(0, 4 * albums, 100))
    assert offsets(server, "/ws/2/release-group/") == list(range(0, albums, 100))


def test_an_artist_of_no_release_is_known_to_have_none(ask: Ask) -> None:
    world = MusicBrainzCatalogue(artists=(factories.make_artist("Vera"),))
    server, service = ask(world)
    found = service.browse_discography(artist_in(world), "now")
    assert (found.releases, found.groups, found.asked) == ((), (), "now")
    assert len(server.requests) == 2


def test_bootlegs_are_known_as_groups_alone(ask: Ask) -> None:
    vera = factories.make_artist("Vera")
    one, other = factories.make_group(vera, "Dawn"), factories.make_group(vera, "Live in a Barn")
    releases = (
        factories.make_release(one, [["a"]]),
        factories.make_release(other, [["b"]], status="Bootleg"),
    )
    world = MusicBrainzCatalogue(artists=(vera,), groups=(one, other), releases=releases)
    _, service = ask(world)
    assert whole(world, service.browse_discography(artist_in(world), "now"))


def cut_short(data: Any) -> None:
    del data["releases"][3]["media"][0]["tracks"][5:]


def without_tracks(data: Any) -> None:
    del data["releases"][3]["media"][0]["tracks"]


@pytest.mark.parametrize("cut", [cut_short, without_tracks])
def test_a_release_that_comes_cut_short_is_looked_up_by_itself(
    ask: Ask, cut: Callable[[Any], None]
) -> None:
    world = factories.make_prolific_artist("Vera", albums=2)
    server, service = ask(world)
    server.faults.fail_next(changed(cut), where=page_at(0))
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert len(server.requests) == 3


def test_a_release_that_is_deleted_before_it_is_looked_up_is_no_error(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=2)
    gone = sorted(release.id for release in world.releases)[3]
    source = Changing(world, factories.with_deleted(world, gone))
    server, service = ask(source)  # type: ignore[arg-type]  # of worlds it is one after the other

    def cut(data: Any) -> None:
        cut_short(data)
        source.change()

    server.faults.fail_next(changed(cut), where=page_at(0))
    found = service.browse_discography(artist_in(world), "now")
    assert {release.id for release in found.releases} == {
        release.id for release in world.releases
    } - {gone}


def test_a_release_that_never_comes_whole_is_an_error(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=1)
    server, service = ask(world)
    one = world.releases[0].id

    def cut(data: Any) -> None:
        del data["media"][0]["tracks"][5:]

    server.faults.fail_next(changed(cut))
    with pytest.raises(InvalidResponse, match=f"release {one} has an incomplete track list"):
        service.get_release(one)
    assert service.get_release(one).has_all_tracks


def emptied(data: Any) -> None:
    data["releases"] = []


def uncounted(data: Any) -> None:
    del data["release-count"]


def overfull(data: Any) -> None:
    data["releases"] *= 3


def unnamed(data: Any) -> None:
    data["releases"][0]["id"] = "../../etc/passwd"


def deep(reply: SimulatorResponse) -> SimulatorResponse:
    """Answer with lists nested deeper than any parser supports."""
    nested = b"[" * 200_000 + b"]" * 200_000
    return replace(reply, body=reply.body[:-1] + b',"x":' + nested + b"}")


def bare(reply: SimulatorResponse) -> SimulatorResponse:
    """Answer with JSON that is neither a page nor an error."""
    return replace(reply, body=b'{"error":"try again later"}')


BAD = [
    *(
        response_faults.empty_body,
        response_faults.truncated_json,
        response_faults.wrong_shape,
        deep,
        bare,
    ),
    *map(changed, (emptied, uncounted)),
]


@pytest.mark.parametrize("fault", some(BAD, 3))
def test_a_page_that_cannot_be_used_is_an_error_and_asked_again_by_the_next_run(
    ask: Ask, fault: ResponseFault
) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    server.faults.fail_next(fault, where=page_at(38))
    with pytest.raises(InvalidResponse, match=r"The response is not cached; run again\.") as raised:
        service.browse_discography(artist_in(world), "now")
    assert raised.value.exit_code == 4
    assert str(raised.value).isprintable()
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == [0, 38, 38, 76]


def null(data: Any) -> None:
    data["releases"][0] = None


def numbered(data: Any) -> None:
    data["releases"][0]["title"] = 7


def without_a_medium(data: Any) -> None:
    data["releases"][0]["media"].append(None)


ODD = {
    null: "Expected `object`, got `null`",
    unnamed: "invalid MBID '../../etc/passwd'",
    numbered: "Expected `str`, got `int` - at `$.title`",
    without_a_medium: "Expected `object`, got `null` - at `$.media[1]`",
}


@pytest.mark.long
@pytest.mark.parametrize("spoil", ODD)
def test_an_odd_entry_costs_that_entry_alone_and_is_asked_for_again(
    ask: Ask, http: CachedHttp, spoil: Callable[[Any], None]
) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    server.faults.fail_next(changed(spoil), where=page_at(38))
    found = service.browse_discography(artist_in(world), "now")
    assert offsets(server) == [0, 38, 76]
    assert len(found.releases) == len(world.releases) - 1
    [note] = http.stats.take_and_reset().skipped_entries
    assert note.startswith(f"MusicBrainz: 1 invalid entry skipped: {ODD[spoil]} (http")
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == [0, 38, 76, 38]
    assert http.stats.take_and_reset().skipped_entries == []


def test_a_null_below_an_entry_costs_not_even_that(ask: Ask, http: CachedHttp) -> None:
    def spoil(data: Any) -> None:
        data["releases"][0]["label-info"] = [None]
        data["releases"][1]["artist-credit"].append(None)

    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    server.faults.fail_next(changed(spoil), where=page_at(38))
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert http.stats.skipped_entries == []


def overlapping(server: SimulatorServer, times: int) -> None:
    """Let a page start with the last entry of the previous one, so many times."""
    last: list[Any] = []

    def keep(data: Any) -> None:
        last.append(data["releases"][-1])

    def repeat(data: Any) -> None:
        data["releases"][0] = last[-1]

    server.faults.fail_next(changed(keep), times, where=page_at(0))
    server.faults.fail_next(changed(repeat), times, where=page_at(38))


def test_a_list_whose_pages_overlap_once_is_read_again(ask: Ask, http: CachedHttp) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    overlapping(server, 1)
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == [0, 38, 76, 0, 38, 76]
    assert http.stats.skipped_entries == []


def test_pages_that_always_overlap_cost_what_did_not_come_alone(ask: Ask, http: CachedHttp) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    overlapping(server, 9)
    found = service.browse_discography(artist_in(world), "now")
    assert len({release.id for release in found.releases}) == len(world.releases) - 1
    assert offsets(server) == [0, 38, 76, 0, 38, 76]
    [note] = http.stats.skipped_entries
    assert "1 invalid entry skipped: missing, because the pages of its list overlap" in note


def test_a_page_that_repeats_its_entries_is_read_again(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    server.faults.fail_next(changed(overfull), where=page_at(38))
    assert whole(world, service.browse_discography(artist_in(world), "now"))


def test_a_web_page_in_place_of_a_release_costs_no_release(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=2)
    server, service = ask(world)
    server.faults.fail_next(changed(cut_short), where=page_at(0))
    server.faults.fail_next(response_faults.html_page, 9, lambda asked: asked.path.count("/") == 4)
    with pytest.raises(ServiceFailed, match="captive portal"):
        service.browse_discography(artist_in(world), "now")


@pytest.mark.parametrize("times", [2, 9])
def test_a_release_that_never_comes_whole_costs_itself_alone(
    ask: Ask, http: CachedHttp, times: int
) -> None:
    world = factories.make_prolific_artist("Vera", albums=2)
    server, service = ask(world)
    missing = sorted(release.id for release in world.releases)[3]

    def cut(data: Any) -> None:
        del data["media"][0]["tracks"][5:]

    server.faults.fail_next(changed(cut_short), where=page_at(0))
    server.faults.fail_next(changed(cut), times - 1, lambda asked: missing in asked.path)
    found = service.browse_discography(artist_in(world), "now")
    gone = {release.id for release in world.releases} - {release.id for release in found.releases}
    assert gone == ({missing} if times > 2 else set())
    assert len(http.stats.skipped_entries) == len(gone)


@pytest.mark.parametrize(
    "fault", [response_faults.empty_body, response_faults.wrong_shape, deep, bare]
)
@pytest.mark.parametrize("kind", ["artist", "release", "releases", "recordings", "artists"])
def test_no_other_answer_is_believed_either(ask: Ask, fault: ResponseFault, kind: str) -> None:
    world = factories.make_prolific_artist("Vera", albums=1, editions=1)
    server, service = ask(world)
    asks: dict[str, Callable[[], object]] = {
        "artist": lambda: service.get_artist(world.artists[0].id),
        "release": lambda: service.get_release(world.releases[0].id),
        "releases": lambda: service.search_releases(
            search_query.releases_by_name("Vera", ["Album 1"])
        ),
        "recordings": lambda: service.search_recordings("tracksrelease:[1 TO *]"),
        "artists": lambda: service.search_artists(search_query.artists_by_name("Vera")),
    }
    server.faults.fail_next(fault)
    with pytest.raises(InvalidResponse):
        asks[kind]()
    assert asks[kind]()
    assert asks[kind]()
    assert len(server.requests) == 2


def test_a_host_that_knows_no_search_has_failed_and_is_asked_again(ask: Ask) -> None:
    server, service = ask(factories.make_prolific_artist("Vera", albums=1, editions=1))
    for search in (service.search_releases, service.search_artists):
        server.faults.fail_next(response_faults.http_error(404))
        with pytest.raises(InvalidResponse, match="the search endpoint is missing"):
            search("artist:Vera")
        assert search("artist:Vera")


def added(world: MusicBrainzCatalogue) -> MusicBrainzCatalogue:
    """Add an edition that is listed first."""
    of = world.groups[0]
    more = factories.make_release(of, [factories.make_titles(of.title, 13)], edition=99)
    first = min(release.id for release in world.releases)
    assert first > "00000001"
    more = structs.replace(more, id="00000000" + first[8:])
    return structs.replace(world, releases=(*world.releases, more))


def taken(world: MusicBrainzCatalogue) -> MusicBrainzCatalogue:
    """Remove the release that is listed first."""
    return factories.with_deleted(world, min(release.id for release in world.releases))


def swapped(world: MusicBrainzCatalogue) -> MusicBrainzCatalogue:
    """Add one that is listed first, and remove the last: the count stays the same."""
    return added(factories.with_deleted(world, max(release.id for release in world.releases)))


@pytest.mark.parametrize("change", some([swapped, added, taken], 3))
def test_a_list_that_changes_between_two_pages_is_read_again(
    ask: Ask, change: Callable[[MusicBrainzCatalogue], MusicBrainzCatalogue]
) -> None:
    before = factories.make_prolific_artist("Vera")
    after = change(before)
    source = Changing(before, after)
    server, service = ask(source)  # type: ignore[arg-type]  # of worlds it is one after the other

    def then(_: Any) -> None:
        source.change()

    server.faults.fail_next(changed(then), where=page_at(0))
    assert whole(after, service.browse_discography(artist_in(before), "now"))
    again = [38, 76] if change is swapped else [38]  # which is seen at the end alone
    assert offsets(server) == [0, *again, 0, 38, 76]


def test_a_list_that_changes_each_time_is_an_error(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)

    def recount(data: Any) -> None:
        data["release-count"] += 1

    server.faults.fail_next(changed(recount), times=2, where=page_at(38))
    with pytest.raises(InvalidResponse, match="a list changed during each reading"):
        service.browse_discography(artist_in(world), "now")
    assert whole(world, service.browse_discography(artist_in(world), "now"))


def test_after_an_outage_no_page_is_asked_again_that_had_come(
    ask: Ask, http: CachedHttp, machine: HttpEnvironment
) -> None:
    world = factories.make_prolific_artist("Vera")
    server, service = ask(world)
    server.faults.fail_next(response_faults.http_error(503, retry_after="3000"), where=page_at(76))
    with pytest.raises(Outage):
        service.browse_discography(artist_in(world), "now")
    with pytest.raises(Outage):
        service.browse_discography(artist_in(world), "now")
    assert offsets(server) == [0, 38, 76]
    machine.sleep(3600)
    assert whole(world, service.browse_discography(artist_in(world), "now"))
    assert offsets(server) == [0, 38, 76, 76]
    assert http.stats.hits == 4


def test_asked_afresh_what_is_kept_stays_until_there_is_an_answer(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=1, editions=1)
    server, service = ask(world)
    one = world.artists[0].id
    service.get_artist(one)
    server.faults.fail_next(response_faults.http_error(400), times=1)
    with service.bypassing_cache(), pytest.raises(Exception, match="400"):
        service.get_artist(one)
    service.get_artist(one)
    assert len(server.requests) == 2
    with service.bypassing_cache():
        service.get_artist(one)
    assert len(server.requests) == 3


def test_a_merged_mbid_brings_the_one_that_it_became(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=1, editions=1)
    old = {kind: generate_mbid("former", kind) for kind in ("artist", "release")}
    artist, release = world.artists[0].id, world.releases[0].id
    for one, now in zip(old.values(), (artist, release), strict=True):
        world = factories.with_merged(world, one, now)
    _, service = ask(world)
    assert service.get_artist(old["artist"]).id == artist
    assert service.get_release(old["release"]).id == release


def test_what_is_not_there_is_said_and_not_asked_again(ask: Ask) -> None:
    world = factories.make_prolific_artist("Vera", albums=1, editions=1)
    gone = world.releases[0].id
    server, service = ask(factories.with_deleted(world, gone))
    for _ in range(2):
        with pytest.raises(NoSuchMBID, match=f"has no release with the MBID {gone}") as raised:
            service.get_release(gone)
        assert raised.value.exit_code == 1
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 36, "6F1CCD4E-52D5-4F4F-8A41-4D0D5B6E2F07", "../artist", "ü" * 36]
)
def test_what_is_no_mbid_is_never_asked(ask: Ask, text: str) -> None:
    server, service = ask(MusicBrainzCatalogue())
    for look_up in (service.get_artist, service.get_release):
        with pytest.raises(NoSuchMBID):
            look_up(text)
    assert server.requests == []


def test_appearances_come_a_hundred_on_a_page(ask: Ask) -> None:
    vera, various = (
        factories.make_artist("Vera"),
        CatalogueArtist(id=model.VARIOUS_ARTISTS, name="Various"),
    )
    groups = [factories.make_group(various, f"Hits {number}") for number in range(230)]
    by = {"Song": factories.make_credits(vera)}
    releases = [factories.make_release(one, [["Other", "Song"]], by=by) for one in groups]
    world = MusicBrainzCatalogue(
        artists=(vera, various), groups=tuple(groups), releases=tuple(releases)
    )
    server, service = ask(world)
    found = service.browse_appearances(vera.id)
    assert {one.id for one in found} == {one.id for one in releases}
    assert {one.track_count for one in found} == {2}
    assert offsets(server) == [0, 100, 200]


def test_editions_of_every_status_come_a_hundred_on_a_page(ask: Ask) -> None:
    vera = factories.make_artist("Vera")
    one, other = factories.make_group(vera, "Dawn"), factories.make_group(vera, "Dusk")
    states = ["Official", "Bootleg", "Promotion"] * 70
    releases = [
        factories.make_release(one, [["a"] * 9], edition=number, status=status)
        for number, status in enumerate(states)
    ]
    world = MusicBrainzCatalogue(
        artists=(vera,),
        groups=(one, other),
        releases=(*releases, factories.make_release(other, [["b"]])),
    )
    server, service = ask(world)
    assert [group.id for group in service.browse_release_groups(vera.id)] == sorted(
        [one.id, other.id]
    )
    found = service.browse_editions(one.id)
    assert {(release.id, release.status) for release in found} == {
        (release.id, release.status) for release in releases
    }
    assert {release.track_count for release in found} == {9}
    assert all(release.release_group and release.cover_art_archive.front for release in found)
    assert offsets(server) == [0, 100, 200]
    with pytest.raises(NotFound):
        service.browse_editions(generate_mbid("release-group", "gone"))


NAMES = [
    *("AC/DC", "!!!", "Sunn O)))", 'The "Quoted"', "a AND b OR NOT c", "T*m? ~Fuzz^2", "C:\\Music"),
    *("[unknown]", "{braces}", "a && b || c", "+/-", "Björk", "Кино", "坂本龍一", "Tab\there"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_and_title_is_found_as_it_is_written(ask: Ask, name: str) -> None:
    one = factories.make_artist(name)
    title = f"{name} & more"
    album = factories.make_group(one, title)
    other = factories.make_prolific_artist("Somebody Else", albums=1)
    world = MusicBrainzCatalogue(
        artists=(one,), groups=(album,), releases=(factories.make_release(album, [["x"]]),)
    )
    _, service = ask(factories.join_catalogues(other, world))
    found = service.search_releases(search_query.releases_by_name(name, [title, "Nothing"]))
    assert [release.title for release in found] == [title]
    assert [
        artist.name for artist in service.search_artists(search_query.artists_by_name(name))
    ] == [name]


def test_albums_are_found_by_title_and_size_whoever_made_them(ask: Ask) -> None:
    worlds = [
        factories.make_prolific_artist(name, albums=2, editions=1) for name in ("Vera", "Otto")
    ]
    _, service = ask(factories.join_catalogues(*worlds))

    def found(*albums: tuple[str, int]) -> list[str]:
        hits = service.search_releases(search_query.releases_by_size(albums))
        assert all(release.release_group for release in hits)
        return sorted(release.title for release in hits)

    assert found(("Album 1", 13), ("Album 2", 14)) == ["Album 1"] * 2
    assert found(("Album 1", -1), ("Album 2", 5)) == ["Album 1"] * 2 + ["Album 2"] * 2
    assert found(("Album 3", 1)) == []


def test_tracks_are_found_by_title_length_and_the_size_of_their_album(ask: Ask) -> None:
    vera = factories.make_artist("Vera")
    album = factories.make_group(vera, "Dawn")
    titles = ['Paper "Boats"', "Salt\x00and\udcffTin", "Thaw"]
    release = factories.make_release(album, [[title.replace("\udcff", " ") for title in titles]])
    world = MusicBrainzCatalogue(artists=(vera,), groups=(album,), releases=(release,))
    server, service = ask(world)
    seconds = [(track.length or 0) / 1000 for track in release.media[0].tracks]

    def find(later: float, least: int) -> list[str]:
        tracks = [(title, length + later) for title, length in zip(titles, seconds, strict=True)]
        query = search_query.recordings_by_title([([*tracks, ("Kelp", 0.0)], least)])
        hits = service.search_recordings(query)
        for hit in hits:
            assert [(one.track_count, one.status) for one in hit.releases] == [(3, "Official")]
        return sorted(hit.title for hit in hits)

    assert len(find(0.0, 1)) == len(find(-9.0, 3)) == len(find(9.0, -1)) == 3
    assert find(12.0, 1) == find(-12.0, 1) == find(0.0, 4) == []
    albums = [([("💿" * 99, 600.0)] * 3, 99)] * 3
    service.search_recordings(search_query.recordings_by_title(albums))
    assert len(server.requests[-1].query) < 8000


def test_a_title_of_endless_length_is_asked_for_by_its_beginning(ask: Ask) -> None:
    vera = factories.make_artist("Vera")
    title = "When the Pawn Hits the Conflicts He Thinks like a King What He Knows Throws the Blows"
    album = factories.make_group(vera, title)
    world = MusicBrainzCatalogue(
        artists=(vera,), groups=(album,), releases=(factories.make_release(album, [["x"]]),)
    )
    server, service = ask(world)
    long = ["💿" * 10_000, "(" * 10_000, *(f"{'ж' * 9_000} {n}" for n in range(10))]
    found = service.search_releases(search_query.releases_by_name("Vera", [title, *long]))
    assert [release.title for release in found] == [title]
    assert len(server.requests[0].query) < 8000


def test_nothing_of_who_asks_is_kept(ask: Ask, cache: Path, http: CachedHttp) -> None:
    world = factories.make_prolific_artist("Vera", albums=1, editions=1)
    server, service = ask(world)
    service.browse_discography(artist_in(world), "now")
    assert CONTACT in server.requests[0].agent
    http.close()
    assert all(CONTACT.encode() not in path.read_bytes() for path in cache.parent.iterdir())


def test_a_null_is_as_good_as_nothing() -> None:
    text = b"""{"release-count": 1, "releases": [{"id": "r", "title": "Dawn", "artist-credit": null,
        "media": [{"position": 1, "title": null, "tracks": null, "track-count": 0}],
        "label-info": [{"label": {"name": "Salt", "id": null}, "catalog-number": null}],
        "cover-art-archive": null}]}"""
    (found,) = responses.decode(text, responses.ReleasePage).entries
    assert found.label_info[0].label is not None
    assert (found.title, found.artist_credit, found.media[0].title) == ("Dawn", (), "")


def test_nothing_but_nulls_is_no_answer() -> None:
    with pytest.raises(msgspec.ValidationError):
        responses.decode(b'{"releases": null, "release-count": null}', responses.ReleasePage)
