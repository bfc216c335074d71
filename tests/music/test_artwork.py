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
from mediakeep_simulator import cover_image, factories
from mediakeep_simulator.entities import CatalogueCover, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.fault_injection import ResponseFault
from mediakeep_simulator.http_types import SimulatorResponse
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.music import shelf, visits
from tests.music.coverless import (
    TITLES,
    Workspace,
    build_catalogue,
    is_cover,
    marks,
    open_workspace,
    set_lengths,
    size,
)
from tests.sampling import some


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as workspace_:
        yield workspace_


@pytest.mark.parametrize("suffix", some(shelf.FORMATS, 2))
def test_a_missing_cover_is_embedded_once_and_undone_byte_for_byte(
    workspace: Workspace, suffix: str
) -> None:
    workspace.fill(suffix)
    before = workspace.contents()
    outcome = workspace.run()
    assert workspace.covers() == [(1200, 1200)] * 3
    assert workspace.asked == [f"/release/{workspace.release.id}/front-1200"]
    assert outcome.facts["repairs"]["missing-cover"] == 3
    assert "missing-cover" not in outcome.data["issues"]
    assert outcome.data["lookup"] == "done"
    assert outcome.facts["requests"] == len(workspace.server.requests)  # the redirect is one, too
    assert workspace.gallery == []
    count, after = len(workspace.server.requests), workspace.contents()
    again = workspace.run()
    assert (len(workspace.server.requests), workspace.contents()) == (count, after)
    assert "requests" not in again.facts
    workspace.take_back()
    assert workspace.contents() == before
    # What was undone is not done again by itself, and nobody is asked for it.
    last = workspace.run(policy={"locked_fields": frozenset({"musicbrainz_albumid"})})
    assert size(workspace.album / f"01 Low Tide.{suffix}") == (0, 0)
    assert workspace.asked == [f"/release/{workspace.release.id}/front-1200"]
    assert last.data["issues"]["missing-cover"] == 1
    workspace.run(policy={"redo": True})
    assert workspace.covers() == [(1200, 1200)] * 3


# Where it goes, and how large it is


@pytest.mark.parametrize("wanted", ["500", "1200", "full"])
def test_an_option_sets_the_cover_size(workspace: Workspace, wanted: str) -> None:
    workspace.fill()
    workspace.run(policy={"cover_size": wanted})
    pixels = 600 if wanted == "full" else int(wanted)  # as the simulator's original
    assert workspace.covers() == [(pixels, pixels)] * 3
    assert workspace.asked[0].endswith("/front" if wanted == "full" else f"/front-{wanted}")


@pytest.mark.parametrize(
    ("goes", "embedded", "lies"),
    [("none", 0, False), ("embed", 3, False), ("file", 0, True), ("both", 3, True)],
)
def test_an_option_sets_where_the_cover_goes(
    workspace: Workspace, goes: str, embedded: int, lies: bool
) -> None:
    workspace.fill()
    before = workspace.contents()
    workspace.run(policy={"cover_art": goes})
    assert sum(any(cover) for cover in workspace.covers()) == embedded
    assert ("Dawn/cover.png" in workspace.contents()) is lies
    assert bool(workspace.asked) is (embedded > 0 or lies)
    count, after = len(workspace.server.requests), workspace.contents()
    workspace.run(policy={"cover_art": goes})
    assert (len(workspace.server.requests), workspace.contents()) == (count, after)
    workspace.take_back()
    assert workspace.contents() == before
    workspace.run(policy={"cover_art": goes})
    assert "Dawn/cover.png" not in workspace.contents()
    assert len(workspace.server.requests) == count


def test_the_file_is_above_the_folders_of_several_discs(workspace: Workspace) -> None:
    for number, title in enumerate(TITLES, 1):
        shelf.put(workspace.album / f"CD {number}" / "01.flac", **marks(number, title))
    workspace.run(policy={"cover_art": "both"})
    assert (workspace.album / "cover.png").is_file()
    assert [size(path) for path in workspace.album.rglob("*.flac")] == [(1200, 1200)] * 3


def test_another_file_of_that_name_is_left_alone(workspace: Workspace) -> None:
    workspace.fill()
    (workspace.album / "cover.png").write_bytes(b"<html>not found</html>")
    outcome = workspace.run(policy={"cover_art": "both"})
    assert (workspace.album / "cover.png").read_bytes() == b"<html>not found</html>"
    assert workspace.covers() == [(1200, 1200)] * 3
    assert outcome.facts["repairs"]["cover-not-image"] == 3


# When nobody is asked


@pytest.mark.parametrize(
    "covers", [(None,), (CatalogueCover(front=False, back=True),), (None, None)]
)
def test_of_a_release_without_a_front_cover_nothing_is_asked(
    tmp_path: Path, covers: tuple[CatalogueCover | None, ...]
) -> None:
    with open_workspace(tmp_path, *covers) as workspace:
        workspace.fill()
        outcome = workspace.run()
        assert workspace.asked == []
        assert outcome.data["issues"]["missing-cover"] == 1


def test_where_editions_tie_it_is_that_of_their_group(tmp_path: Path) -> None:
    with open_workspace(tmp_path, None, CatalogueCover(), None) as workspace:
        workspace.fill()
        workspace.run()
        assert workspace.asked == [f"/release-group/{workspace.release.group}/front-1200"]
        assert workspace.covers() == [(1200, 1200)] * 3


@pytest.mark.parametrize(
    "policy",
    [{"fix": FixLevel.NONE}, {"cover_art": "none"}, {"locked_fields": frozenset({"cover"})}],
    ids=lambda policy: next(iter(policy)),
)
def test_where_nothing_is_to_be_written_nothing_is_asked(
    workspace: Workspace, policy: dict[str, Any]
) -> None:
    workspace.fill()
    workspace.run(policy=policy)
    assert workspace.asked == []
    assert workspace.covers() == [(0, 0)] * 3


def test_where_it_is_not_certain_which_album_it_is_nothing_is_asked(workspace: Workspace) -> None:
    for number in range(1, 4):
        shelf.put(workspace.album / f"0{number}.mp3", **marks(number, f"Another song {number}"))
    workspace.run()
    assert workspace.asked == []


# Where the tags name another release


OTHER = generate_mbid("another release")


def tag_release(workspace: Workspace, name: str) -> None:
    """Have all tracks name a release, as if they had always done so."""
    for path in sorted(workspace.album.glob("0*.mp3")):
        with contextlib.closing(UndoStore(workspace.root / "before")) as store:
            write_tags.write(path, [SetField("musicbrainz_albumid", (name,))], store, queue="music")


@contextlib.contextmanager
def open_other_release(
    root: Path, change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue]
) -> Iterator[Workspace]:
    """Make a workspace whose tracks name another release than the one that they are."""
    (root / "home").mkdir()
    with SimulatorServer(change(build_catalogue(CatalogueCover()), OTHER)) as server:
        workspace = Workspace(root, server)
        workspace.fill()
        tag_release(workspace, OTHER)
        yield workspace


def build_merged_release(catalogue: MusicBrainzCatalogue, old: str) -> MusicBrainzCatalogue:
    return factories.with_merged(catalogue, old, catalogue.releases[0].id)


def build_foreign_release(catalogue: MusicBrainzCatalogue, old: str) -> MusicBrainzCatalogue:
    bob = factories.make_artist("Bob")
    group = factories.make_group(bob, "Something else")
    release = msgspec.structs.replace(factories.make_release(group, [("Only",)]), id=old)
    return factories.join_catalogues(
        catalogue, MusicBrainzCatalogue(artists=(bob,), groups=(group,), releases=(release,))
    )


@pytest.mark.parametrize(
    ("change", "fix", "kind"),
    [
        (build_merged_release, FixLevel.SAFE, "merged-mbid"),
        (build_foreign_release, FixLevel.MATCHED, "stale-mbid"),
    ],
    ids=["merged", "of another album"],
)
def test_where_the_mbid_is_repaired_the_cover_comes_in_the_same_run(
    tmp_path: Path,
    change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue],
    fix: FixLevel,
    kind: str,
) -> None:
    with open_other_release(tmp_path, change) as workspace:
        before = workspace.contents()
        outcome = workspace.run(policy={"fix": fix})
        assert outcome.facts["repairs"][kind] == outcome.facts["repairs"]["missing-cover"] == 3
        assert workspace.covers() == [(1200, 1200)] * 3
        count, after = len(workspace.server.requests), workspace.contents()
        workspace.run(policy={"fix": fix})
        assert (len(workspace.server.requests), workspace.contents()) == (count, after)
        workspace.take_back()
        assert workspace.contents() == before


@pytest.mark.parametrize(
    ("change", "policy"),
    [
        (build_merged_release, {"locked_fields": frozenset({"musicbrainz_albumid"})}),
        (build_foreign_release, {}),
        (
            build_foreign_release,
            {"fix": FixLevel.MATCHED, "locked_fields": frozenset({"musicbrainz_albumid"})},
        ),
    ],
    ids=["merged and locked", "of another album", "of another album and locked"],
)
def test_where_the_mbid_is_not_repaired_nothing_is_fetched(
    tmp_path: Path,
    change: Callable[[MusicBrainzCatalogue, str], MusicBrainzCatalogue],
    policy: dict[str, Any],
) -> None:
    with open_other_release(tmp_path, change) as workspace:
        workspace.run(policy=policy)
        assert workspace.asked == []
        assert workspace.covers() == [(0, 0)] * 3


def test_where_the_repair_of_the_mbid_was_undone_nothing_is_fetched(tmp_path: Path) -> None:
    with open_other_release(tmp_path, build_merged_release) as workspace:
        workspace.run(policy={"cover_art": "none"})
        workspace.take_back()
        workspace.run()
        assert workspace.covers() == [(0, 0)] * 3


def test_an_mbid_that_was_deleted_counts_as_none(tmp_path: Path) -> None:
    with open_other_release(tmp_path, factories.with_deleted) as workspace:
        before = workspace.contents()
        outcome = workspace.run()
        assert workspace.covers() == [(1200, 1200)] * 3
        for path in workspace.album.glob("0*.mp3"):
            found = tags.read(path).tags
            assert found.musicbrainz_albumid == (workspace.release.id,)
            assert found.musicbrainz_releasegroupid == (workspace.release.group,)
        assert outcome.data["issues"].keys().isdisjoint({"deleted-mbid", "stale-mbid"})
        count, after = len(workspace.server.requests), workspace.contents()
        workspace.run()
        assert (len(workspace.server.requests), workspace.contents()) == (count, after)
        workspace.take_back()
        assert workspace.contents() == before


def test_where_editions_tie_an_mbid_that_was_deleted_stays_and_all_else_is_filled(
    tmp_path: Path,
) -> None:
    (tmp_path / "home").mkdir()
    with SimulatorServer(
        factories.with_deleted(build_catalogue(None, CatalogueCover(), None), OTHER)
    ) as server:
        workspace = Workspace(tmp_path, server)
        workspace.fill()
        tag_release(workspace, OTHER)
        outcome = workspace.run()
        assert workspace.covers() == [(1200, 1200)] * 3
        for path in workspace.album.glob("0*.mp3"):
            found = tags.read(path).tags
            assert found.musicbrainz_albumid == (OTHER,)
            assert found.musicbrainz_releasegroupid == (workspace.release.group,)
        assert outcome.data["issues"]["deleted-mbid"] == 1


# When it cannot be had


def test_a_cover_missing_in_the_archive_is_not_requested_again(
    workspace: Workspace,
) -> None:
    workspace.fill()
    workspace.server.faults.fail_next(response_faults.http_error(404), 9, is_cover)
    outcome = workspace.run()
    assert len(workspace.asked) == 1
    assert (outcome.data["lookup"], outcome.data["issues"]["missing-cover"]) == ("done", 1)
    workspace.run()
    assert len(workspace.asked) == 1


def test_an_outage_lets_the_lookup_wait_and_everything_else_is_done(workspace: Workspace) -> None:
    workspace.fill()
    shelf.put(workspace.album / "01 Low Tide.mp3", **marks(1, "Low  Tide "))
    workspace.server.faults.fail_next(response_faults.http_error(retry_after="3600"), 1, is_cover)
    outcome = workspace.run()
    assert outcome.data["lookup"] == "pending"
    assert outcome.facts["unreached"].startswith("The Cover Art Archive is unreachable")
    assert outcome.facts["repairs"]["whitespace"] == 1
    assert workspace.covers() == [(0, 0)] * 3


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (response_faults.html_page, "a web page instead of data"),
        (response_faults.truncated_json, "the response is not a complete JPEG or PNG"),
        (response_faults.empty_body, "the response is not a complete JPEG or PNG"),
        (
            lambda reply: respond(reply, b"GIF89a" + bytes(99)),
            "the response is not a complete JPEG or PNG",
        ),
    ],
    ids=["html", "cut", "empty", "gif"],
)
def test_what_is_no_whole_picture_is_refused_and_asked_for_again(
    workspace: Workspace, spoil: ResponseFault, why: str
) -> None:
    workspace.fill()
    workspace.server.faults.fail_next(
        spoil, 1, lambda question: question.path.startswith("/image/")
    )
    outcome = workspace.run()
    assert workspace.covers() == [(0, 0)] * 3
    assert outcome.data["lookup"] == "pending"
    assert why in outcome.facts["unreached"]
    assert workspace.gallery == []
    assert workspace.run().data["lookup"] == "done"
    assert workspace.covers() == [(1200, 1200)] * 3


def respond(reply: SimulatorResponse, body: bytes) -> SimulatorResponse:
    return SimulatorResponse(reply.status, body, reply.headers)


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"GIF89a" + bytes(99), bytes(6 << 20)])
def test_an_original_that_cannot_be_embedded_gives_way_to_a_smaller_one(
    workspace: Workspace, body: bytes
) -> None:
    workspace.fill()
    is_original = lambda one: one.path.startswith("/image/") and "_thumb" not in one.path  # noqa: E731
    workspace.server.faults.fail_next(lambda reply: respond(reply, body), 1, is_original)
    workspace.run(policy={"cover_size": "full"})
    assert workspace.covers() == [(1200, 1200)] * 3
    assert len(workspace.asked) == 2


@pytest.mark.parametrize("closed", ["catalogue", "pictures"])
def test_the_lookup_is_pending_if_the_archive_may_not_be_queried(
    workspace: Workspace, closed: str
) -> None:
    workspace.fill()
    workspace.run(policy={"fix": FixLevel.NONE})
    access = visits.access(workspace.server)
    service = msgspec.structs.replace(
        getattr(access, closed), disabled_reason="this run is offline"
    )
    outcome = workspace.run(msgspec.structs.replace(access, **{closed: service}))
    assert outcome.data["lookup"] == "pending"
    assert outcome.facts["unasked"] == "The Cover Art Archive not queried: this run is offline."
    assert workspace.asked == []
    assert workspace.run().data["lookup"] == "done"
    assert workspace.covers() == [(1200, 1200)] * 3


def test_manual_work_needs_no_lookup(workspace: Workspace) -> None:
    workspace.fill()
    workspace.run(policy={"fix": FixLevel.NONE})
    outcome = workspace.run(DISABLED, by_hand=True, policy={"fix": FixLevel.NONE})
    assert outcome.facts.keys().isdisjoint({"unasked", "unreached"})
    assert workspace.asked == []


def test_one_bad_picture_costs_no_other_album_its_cover(tmp_path: Path) -> None:
    vera = factories.make_artist("Vera")
    groups = tuple(factories.make_group(vera, title) for title in ("Dawn", "Dusk"))
    releases = tuple(
        set_lengths(factories.make_release(group_, [TITLES], date="1974")) for group_ in groups
    )
    known = MusicBrainzCatalogue(artists=(vera,), groups=groups, releases=releases)
    (tmp_path / "home").mkdir()
    with SimulatorServer(known) as server:
        workspace = Workspace(tmp_path, server)
        for album in ("Dawn", "Dusk"):
            for number, title in enumerate(TITLES, 1):
                tags = {**marks(number, title), "album": album}
                shelf.put(workspace.folder / album / f"0{number}.mp3", **tags)
        server.faults.fail_next(
            response_faults.html_page, 1, lambda one: one.path.startswith("/image/")
        )
        outcome = workspace.run()
        assert len(workspace.asked) == 2
        assert size(workspace.folder / "Dawn" / "01.mp3") == (0, 0)
        assert size(workspace.folder / "Dusk" / "01.mp3") == (1200, 1200)
        assert outcome.data["lookup"] == "pending"


@pytest.mark.real_disk
def test_a_track_that_is_not_written_is_tried_again_and_nothing_fetched_for_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.fill()
    (tmp_path / "other name").hardlink_to(workspace.album / "01 Low Tide.mp3")
    outcome = workspace.run()
    assert workspace.covers() == [(0, 0), (1200, 1200), (1200, 1200)]
    assert list(outcome.facts["not_written"]) == ["Dawn/01 Low Tide.mp3"]
    count = len(workspace.asked)
    workspace.run()
    (tmp_path / "other name").unlink()
    workspace.run()
    assert workspace.covers() == [(1200, 1200)] * 3
    assert len(workspace.asked) == count
    assert workspace.gallery == []


def test_an_album_that_is_done_is_not_fetched_for_because_another_is_half_done(
    workspace: Workspace,
) -> None:
    workspace.fill()
    other = {"artist": "Vera", "albumartist": "Vera", "album": "Home takes"}
    shelf.put(workspace.folder / "Home takes" / "01.mp3", title="One", tracknumber="1/2", **other)
    shelf.put(
        workspace.folder / "Home takes" / "02.mp3",
        title="Two",
        tracknumber="2/2",
        picture="cover.jpg",
        **other,
    )
    workspace.run()
    count = len(workspace.asked)
    assert (count, workspace.covers()) == (1, [(1200, 1200)] * 3)
    workspace.run()
    assert len(workspace.asked) == count


# Covers that are there


def test_a_small_cover_is_only_replaced_where_the_user_wants_that(workspace: Workspace) -> None:
    workspace.fill(picture="cover.jpg")
    before = workspace.contents()
    outcome = workspace.run()
    assert (workspace.covers(), workspace.asked) == ([(300, 300)] * 3, [])
    assert outcome.data["notes"] == 1
    outcome = workspace.run(policy={"fix": FixLevel.MATCHED})
    assert workspace.covers() == [(1200, 1200)] * 3
    assert outcome.facts["repairs"]["cover-upgrade"] == 3
    assert outcome.data["notes"] == 0
    count = len(workspace.asked)
    workspace.run(policy={"fix": FixLevel.MATCHED})
    assert len(workspace.asked) == count == 1
    workspace.take_back()
    assert workspace.contents() == before


@pytest.mark.parametrize("pixels", [300, 250, 0])
def test_a_cover_never_gives_way_to_one_that_is_not_larger(
    workspace: Workspace, pixels: int
) -> None:
    workspace.fill(picture="cover.jpg")
    picture = cover_image.render_png("small", pixels) if pixels else b"\xff\xd8\xff\xd9"
    workspace.server.faults.fail_next(
        lambda reply: respond(reply, picture), 9, lambda one: one.path.startswith("/image/")
    )
    for _ in range(2):
        workspace.run(policy={"fix": FixLevel.MATCHED})
        assert workspace.covers() == [(300, 300)] * 3
    assert len(workspace.asked) == 1


def test_a_cover_of_five_hundred_pixels_is_large_enough(workspace: Workspace) -> None:
    workspace.fill()
    workspace.run(policy={"cover_size": "500"})
    count = len(workspace.asked)
    assert workspace.run(policy={"fix": FixLevel.MATCHED}).data["notes"] == 0
    assert (workspace.covers(), len(workspace.asked)) == ([(500, 500)] * 3, count)
