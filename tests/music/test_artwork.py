"""Missing covers are fetched if the match is certain, and written where the user wants them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.lookups.musicbrainz.context import DISABLED
from mediakeep.media.audio import tags
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo.store import UndoStore
from mediakeep.policy import FixLevel
from mediakeep_simulator import cover_image, factories, response_faults
from mediakeep_simulator.entities import CatalogueCover, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.http_types import SimulatorResponse
from mediakeep_simulator.server import SimulatorServer
from tests.music import shelf, visits
from tests.music.coverless import TITLES, Yard, is_cover, made, marks, size, timed, world
from tests.sampling import some


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with made(tmp_path) as yard_:
        yield yard_


@pytest.mark.parametrize("suffix", some(shelf.FORMATS, 2))
def test_a_missing_cover_is_embedded_once_and_taken_back_byte_for_byte(
    yard: Yard, suffix: str
) -> None:
    yard.fill(suffix)
    before = yard.contents()
    outcome = yard.run()
    assert yard.covers() == [(1200, 1200)] * 3
    assert yard.asked == [f"/release/{yard.release.id}/front-1200"]
    assert outcome.facts["repairs"]["missing-cover"] == 3
    assert "missing-cover" not in outcome.data["issues"]
    assert outcome.data["lookup"] == "done"
    assert outcome.facts["requests"] == len(yard.server.requests)  # the redirect is one, too
    assert yard.gallery == []
    count, after = len(yard.server.requests), yard.contents()
    again = yard.run()
    assert (len(yard.server.requests), yard.contents()) == (count, after)
    assert "requests" not in again.facts
    yard.take_back()
    assert yard.contents() == before
    # What was taken back is not done again by itself, and nobody is asked for it.
    last = yard.run(policy={"locked_fields": frozenset({"musicbrainz_albumid"})})
    assert size(yard.album / f"01 Low Tide.{suffix}") == (0, 0)
    assert yard.asked == [f"/release/{yard.release.id}/front-1200"]
    assert last.data["issues"]["missing-cover"] == 1
    yard.run(policy={"redo": True})
    assert yard.covers() == [(1200, 1200)] * 3


# Where it goes, and how large it is


@pytest.mark.parametrize("wanted", ["500", "1200", "full"])
def test_a_person_says_how_large_it_is(yard: Yard, wanted: str) -> None:
    yard.fill()
    yard.run(policy={"cover_size": wanted})
    pixels = 600 if wanted == "full" else int(wanted)  # as the rehearsal's original
    assert yard.covers() == [(pixels, pixels)] * 3
    assert yard.asked[0].endswith("/front" if wanted == "full" else f"/front-{wanted}")


@pytest.mark.parametrize(
    ("goes", "embedded", "lies"),
    [("none", 0, False), ("embed", 3, False), ("file", 0, True), ("both", 3, True)],
)
def test_a_person_says_where_it_goes(yard: Yard, goes: str, embedded: int, lies: bool) -> None:
    yard.fill()
    before = yard.contents()
    yard.run(policy={"cover_art": goes})
    assert sum(any(cover) for cover in yard.covers()) == embedded
    assert ("Dawn/cover.png" in yard.contents()) is lies
    assert bool(yard.asked) is (embedded > 0 or lies)
    count, after = len(yard.server.requests), yard.contents()
    yard.run(policy={"cover_art": goes})
    assert (len(yard.server.requests), yard.contents()) == (count, after)
    yard.take_back()
    assert yard.contents() == before
    yard.run(policy={"cover_art": goes})
    assert "Dawn/cover.png" not in yard.contents()
    assert len(yard.server.requests) == count


def test_of_several_discs_the_file_lies_above_them(yard: Yard) -> None:
    for number, title in enumerate(TITLES, 1):
        shelf.put(yard.album / f"CD {number}" / "01.flac", **marks(number, title))
    yard.run(policy={"cover_art": "both"})
    assert (yard.album / "cover.png").is_file()
    assert [size(path) for path in yard.album.rglob("*.flac")] == [(1200, 1200)] * 3


def test_another_file_of_that_name_is_left_alone(yard: Yard) -> None:
    yard.fill()
    (yard.album / "cover.png").write_bytes(b"<html>not found</html>")
    outcome = yard.run(policy={"cover_art": "both"})
    assert (yard.album / "cover.png").read_bytes() == b"<html>not found</html>"
    assert yard.covers() == [(1200, 1200)] * 3
    assert outcome.facts["repairs"]["cover-not-image"] == 3


# When nobody is asked


@pytest.mark.parametrize(
    "covers", [(None,), (CatalogueCover(front=False, back=True),), (None, None)]
)
def test_of_a_release_without_a_front_cover_nothing_is_asked(
    tmp_path: Path, covers: tuple[CatalogueCover | None, ...]
) -> None:
    with made(tmp_path, *covers) as yard:
        yard.fill()
        outcome = yard.run()
        assert yard.asked == []
        assert outcome.data["issues"]["missing-cover"] == 1


def test_where_editions_tie_it_is_that_of_their_group(tmp_path: Path) -> None:
    with made(tmp_path, None, CatalogueCover(), None) as yard:
        yard.fill()
        yard.run()
        assert yard.asked == [f"/release-group/{yard.release.group}/front-1200"]
        assert yard.covers() == [(1200, 1200)] * 3


@pytest.mark.parametrize(
    "policy",
    [{"fix": FixLevel.NONE}, {"cover_art": "none"}, {"locked_fields": frozenset({"cover"})}],
    ids=lambda policy: next(iter(policy)),
)
def test_where_nothing_is_to_be_written_nothing_is_asked(
    yard: Yard, policy: dict[str, Any]
) -> None:
    yard.fill()
    yard.run(policy=policy)
    assert yard.asked == []
    assert yard.covers() == [(0, 0)] * 3


def test_where_it_is_not_certain_which_album_it_is_nothing_is_asked(yard: Yard) -> None:
    for number in range(1, 4):
        shelf.put(yard.album / f"0{number}.mp3", **marks(number, f"Another song {number}"))
    yard.run()
    assert yard.asked == []


# Where the tags name another release


OTHER = generate_mbid("another release")


def named(yard: Yard, name: str) -> None:
    """Have all tracks name a release, as if they had always done so."""
    for path in sorted(yard.album.glob("0*.mp3")):
        with contextlib.closing(UndoStore(yard.root / "before")) as store:
            write_tags.write(path, [SetField("musicbrainz_albumid", (name,))], store, queue="music")


@contextlib.contextmanager
def other(
    root: Path, change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue]
) -> Iterator[Yard]:
    """Make a yard whose tracks name another release than the one that they are."""
    (root / "home").mkdir()
    with SimulatorServer(change(world(CatalogueCover()), OTHER)) as server:
        yard = Yard(root, server)
        yard.fill()
        named(yard, OTHER)
        yield yard


def merged(catalogue: MusicBrainzCatalogue, old: str) -> MusicBrainzCatalogue:
    return factories.with_merged(catalogue, old, catalogue.releases[0].id)


def foreign(catalogue: MusicBrainzCatalogue, old: str) -> MusicBrainzCatalogue:
    bob = factories.make_artist("Bob")
    group = factories.make_group(bob, "Something else")
    release = msgspec.structs.replace(factories.make_release(group, [("Only",)]), id=old)
    return factories.join_catalogues(
        catalogue, MusicBrainzCatalogue(artists=(bob,), groups=(group,), releases=(release,))
    )


@pytest.mark.parametrize(
    ("change", "fix", "kind"),
    [(merged, FixLevel.SAFE, "merged-mbid"), (foreign, FixLevel.MATCHED, "stale-mbid")],
    ids=["merged", "of another album"],
)
def test_where_the_mbid_is_repaired_the_cover_comes_in_the_same_run(
    tmp_path: Path,
    change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue],
    fix: FixLevel,
    kind: str,
) -> None:
    with other(tmp_path, change) as yard:
        before = yard.contents()
        outcome = yard.run(policy={"fix": fix})
        assert outcome.facts["repairs"][kind] == outcome.facts["repairs"]["missing-cover"] == 3
        assert yard.covers() == [(1200, 1200)] * 3
        count, after = len(yard.server.requests), yard.contents()
        yard.run(policy={"fix": fix})
        assert (len(yard.server.requests), yard.contents()) == (count, after)
        yard.take_back()
        assert yard.contents() == before


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        (merged, {"locked_fields": frozenset({"musicbrainz_albumid"})}),
        (foreign, {}),
        (foreign, {"fix": FixLevel.MATCHED, "locked_fields": frozenset({"musicbrainz_albumid"})}),
    ],
    ids=["merged and locked", "of another album", "of another album and locked"],
)
def test_where_the_mbid_is_not_repaired_nothing_is_fetched(
    tmp_path: Path,
    change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue],
    policy: dict[str, Any],
) -> None:
    with other(tmp_path, change) as yard:
        yard.run(policy=policy)
        assert yard.asked == []
        assert yard.covers() == [(0, 0)] * 3


def test_where_the_repair_of_the_mbid_was_undone_nothing_is_fetched(tmp_path: Path) -> None:
    with other(tmp_path, merged) as yard:
        yard.run(policy={"cover_art": "none"})
        yard.take_back()
        yard.run()
        assert yard.covers() == [(0, 0)] * 3


def test_an_mbid_that_was_deleted_counts_as_none(tmp_path: Path) -> None:
    with other(tmp_path, factories.with_deleted) as yard:
        before = yard.contents()
        outcome = yard.run()
        assert yard.covers() == [(1200, 1200)] * 3
        for path in yard.album.glob("0*.mp3"):
            found = tags.read(path).tags
            assert found.musicbrainz_albumid == (yard.release.id,)
            assert found.musicbrainz_releasegroupid == (yard.release.group,)
        assert outcome.data["issues"].keys().isdisjoint({"deleted-mbid", "stale-mbid"})
        count, after = len(yard.server.requests), yard.contents()
        yard.run()
        assert (len(yard.server.requests), yard.contents()) == (count, after)
        yard.take_back()
        assert yard.contents() == before


def test_where_editions_tie_an_mbid_that_was_deleted_stays_and_all_else_is_filled(
    tmp_path: Path,
) -> None:
    (tmp_path / "home").mkdir()
    with SimulatorServer(
        factories.with_deleted(world(None, CatalogueCover(), None), OTHER)
    ) as server:
        yard = Yard(tmp_path, server)
        yard.fill()
        named(yard, OTHER)
        outcome = yard.run()
        assert yard.covers() == [(1200, 1200)] * 3
        for path in yard.album.glob("0*.mp3"):
            found = tags.read(path).tags
            assert found.musicbrainz_albumid == (OTHER,)
            assert found.musicbrainz_releasegroupid == (yard.release.group,)
        assert outcome.data["issues"]["deleted-mbid"] == 1


# When it cannot be had


def test_what_the_archive_does_not_have_after_all_is_not_asked_for_again(yard: Yard) -> None:
    yard.fill()
    yard.server.faults.fail_next(response_faults.http_error(404), 9, is_cover)
    outcome = yard.run()
    assert len(yard.asked) == 1
    assert (outcome.data["lookup"], outcome.data["issues"]["missing-cover"]) == ("done", 1)
    yard.run()
    assert len(yard.asked) == 1


def test_an_outage_lets_the_look_up_wait_and_everything_else_is_done(yard: Yard) -> None:
    yard.fill()
    shelf.put(yard.album / "01 Low Tide.mp3", **marks(1, "Low  Tide "))
    yard.server.faults.fail_next(response_faults.http_error(retry_after="3600"), 1, is_cover)
    outcome = yard.run()
    assert outcome.data["lookup"] == "pending"
    assert outcome.facts["unreached"].startswith("The Cover Art Archive is unreachable")
    assert outcome.facts["repairs"]["whitespace"] == 1
    assert yard.covers() == [(0, 0)] * 3


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (response_faults.html_page, "a web page instead of data"),
        (response_faults.truncated_json, "the response is not a complete JPEG or PNG"),
        (response_faults.empty_body, "the response is not a complete JPEG or PNG"),
        (
            lambda reply: told(reply, b"GIF89a" + bytes(99)),
            "the response is not a complete JPEG or PNG",
        ),
    ],
    ids=["html", "cut", "empty", "gif"],
)
def test_what_is_no_whole_picture_is_refused_and_asked_for_again(
    yard: Yard, spoil: response_faults.ResponseFault, why: str
) -> None:
    yard.fill()
    yard.server.faults.fail_next(spoil, 1, lambda question: question.path.startswith("/image/"))
    outcome = yard.run()
    assert yard.covers() == [(0, 0)] * 3
    assert outcome.data["lookup"] == "pending"
    assert why in outcome.facts["unreached"]
    assert yard.gallery == []
    assert yard.run().data["lookup"] == "done"
    assert yard.covers() == [(1200, 1200)] * 3


def told(reply: SimulatorResponse, body: bytes) -> SimulatorResponse:
    return SimulatorResponse(reply.status, body, reply.headers)


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"GIF89a" + bytes(99), bytes(6 << 20)])
def test_an_original_that_cannot_be_embedded_gives_way_to_a_smaller_one(
    yard: Yard, body: bytes
) -> None:
    yard.fill()
    is_original = lambda one: one.path.startswith("/image/") and "_thumb" not in one.path  # noqa: E731
    yard.server.faults.fail_next(lambda reply: told(reply, body), 1, is_original)
    yard.run(policy={"cover_size": "full"})
    assert yard.covers() == [(1200, 1200)] * 3
    assert len(yard.asked) == 2


@pytest.mark.parametrize("closed", ["catalogue", "pictures"])
def test_where_the_archive_may_not_be_asked_the_look_up_waits(yard: Yard, closed: str) -> None:
    yard.fill()
    yard.run(policy={"fix": FixLevel.NONE})
    access = visits.access(yard.server)
    service = msgspec.structs.replace(
        getattr(access, closed), disabled_reason="this run is offline"
    )
    outcome = yard.run(msgspec.structs.replace(access, **{closed: service}))
    assert outcome.data["lookup"] == "pending"
    assert outcome.facts["unasked"] == "The Cover Art Archive not queried: this run is offline."
    assert yard.asked == []
    assert yard.run().data["lookup"] == "done"
    assert yard.covers() == [(1200, 1200)] * 3


def test_what_a_person_has_done_by_hand_asks_for_nothing(yard: Yard) -> None:
    yard.fill()
    yard.run(policy={"fix": FixLevel.NONE})
    outcome = yard.run(DISABLED, by_hand=True, policy={"fix": FixLevel.NONE})
    assert outcome.facts.keys().isdisjoint({"unasked", "unreached"})
    assert yard.asked == []


def test_one_bad_picture_costs_no_other_album_its_cover(tmp_path: Path) -> None:
    vera = factories.make_artist("Vera")
    groups = tuple(factories.make_group(vera, title) for title in ("Dawn", "Dusk"))
    releases = tuple(
        timed(factories.make_release(group_, [TITLES], date="1974")) for group_ in groups
    )
    known = MusicBrainzCatalogue(artists=(vera,), groups=groups, releases=releases)
    (tmp_path / "home").mkdir()
    with SimulatorServer(known) as server:
        yard = Yard(tmp_path, server)
        for album in ("Dawn", "Dusk"):
            for number, title in enumerate(TITLES, 1):
                tags = {**marks(number, title), "album": album}
                shelf.put(yard.folder / album / f"0{number}.mp3", **tags)
        server.faults.fail_next(
            response_faults.html_page, 1, lambda one: one.path.startswith("/image/")
        )
        outcome = yard.run()
        assert len(yard.asked) == 2
        assert size(yard.folder / "Dawn" / "01.mp3") == (0, 0)
        assert size(yard.folder / "Dusk" / "01.mp3") == (1200, 1200)
        assert outcome.data["lookup"] == "pending"


@pytest.mark.real_disk
def test_a_track_that_is_not_written_is_tried_again_and_nothing_fetched_for_it(
    yard: Yard, tmp_path: Path
) -> None:
    yard.fill()
    (tmp_path / "other name").hardlink_to(yard.album / "01 Low Tide.mp3")
    outcome = yard.run()
    assert yard.covers() == [(0, 0), (1200, 1200), (1200, 1200)]
    assert list(outcome.facts["not_written"]) == ["Dawn/01 Low Tide.mp3"]
    count = len(yard.asked)
    yard.run()
    (tmp_path / "other name").unlink()
    yard.run()
    assert yard.covers() == [(1200, 1200)] * 3
    assert len(yard.asked) == count
    assert yard.gallery == []


def test_an_album_that_is_done_is_not_fetched_for_because_another_is_half_done(
    yard: Yard,
) -> None:
    yard.fill()
    other = {"artist": "Vera", "albumartist": "Vera", "album": "Home takes"}
    shelf.put(yard.folder / "Home takes" / "01.mp3", title="One", tracknumber="1/2", **other)
    shelf.put(
        yard.folder / "Home takes" / "02.mp3",
        title="Two",
        tracknumber="2/2",
        picture="cover.jpg",
        **other,
    )
    yard.run()
    count = len(yard.asked)
    assert (count, yard.covers()) == (1, [(1200, 1200)] * 3)
    yard.run()
    assert len(yard.asked) == count


# Covers that are there


def test_a_small_cover_is_only_replaced_where_a_person_wants_that(yard: Yard) -> None:
    yard.fill(picture="cover.jpg")
    before = yard.contents()
    outcome = yard.run()
    assert (yard.covers(), yard.asked) == ([(300, 300)] * 3, [])
    assert outcome.data["notes"] == 1
    outcome = yard.run(policy={"fix": FixLevel.MATCHED})
    assert yard.covers() == [(1200, 1200)] * 3
    assert outcome.facts["repairs"]["cover-upgrade"] == 3
    assert outcome.data["notes"] == 0
    count = len(yard.asked)
    yard.run(policy={"fix": FixLevel.MATCHED})
    assert len(yard.asked) == count == 1
    yard.take_back()
    assert yard.contents() == before


@pytest.mark.parametrize("pixels", [300, 250, 0])
def test_a_cover_never_gives_way_to_one_that_is_not_larger(yard: Yard, pixels: int) -> None:
    yard.fill(picture="cover.jpg")
    picture = cover_image.render_png("small", pixels) if pixels else b"\xff\xd8\xff\xd9"
    yard.server.faults.fail_next(
        lambda reply: told(reply, picture), 9, lambda one: one.path.startswith("/image/")
    )
    for _ in range(2):
        yard.run(policy={"fix": FixLevel.MATCHED})
        assert yard.covers() == [(300, 300)] * 3
    assert len(yard.asked) == 1


def test_a_cover_of_five_hundred_pixels_is_large_enough(yard: Yard) -> None:
    yard.fill()
    yard.run(policy={"cover_size": "500"})
    count = len(yard.asked)
    assert yard.run(policy={"fix": FixLevel.MATCHED}).data["notes"] == 0
    assert (yard.covers(), len(yard.asked)) == ([(500, 500)] * 3, count)
