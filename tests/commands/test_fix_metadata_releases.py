"""What a lookup proposes, and which release an album is, accepted from the list of reviews."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo.store import UndoStore
from mediakeep_simulator import factories
from mediakeep_simulator.entities import MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.commands import hands
from tests.commands.hands import Told, read, reviews, run, state
from tests.commands.simulated_home import SimulatedHome, Stock
from tests.music import shelf, visits
from tests.sampling import each_row

DOOR, LIST = "fix_metadata", "outputs/manual_review_needed.json"
TITLES = ("Low Tide", "Ballast", "Thaw")
OTHER = generate_mbid("another release")


def world() -> MusicBrainzCatalogue:
    """Vera's albums Dawn and Dusk, one that all tracks of Dawn are on, too, and a bootleg."""
    vera = factories.make_artist("Vera")
    groups = [
        factories.make_group(vera, title) for title in ("Dawn", "Dusk", "Harbour Days", "Noon")
    ]
    facts = {"date": "1974", "barcode": "5099902894225"}
    releases = (
        factories.make_release(groups[0], [TITLES], **facts),
        visits.without_lengths(factories.make_release(groups[1], [("Crane", "Rivet")])),
        factories.make_release(groups[2], [(*TITLES, *"abcdefgh")]),
        factories.make_release(groups[0], [(*TITLES, "Ebb")], edition=2, date="1991", country="US"),
    )
    return MusicBrainzCatalogue(artists=(vera,), groups=tuple(groups), releases=releases)


DAWN, DUSK, DAYS, LONGER = world().releases
NOON = world().groups[-1].id


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    place = tmp_path_factory.mktemp("stock") / "place"
    place.mkdir()
    with made_home(place) as made:
        yield Stock(made)


@pytest.fixture
def home(stock: Stock) -> SimulatedHome:
    return stock.home()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHome]:
    """The same home, for commands that are refused."""
    with made_home(tmp_path_factory.mktemp("untouched")) as made:
        yield made


@contextmanager
def made_home(tmp_path: Path) -> Iterator[SimulatedHome]:
    """Dawn, whose tracks last otherwise than there, and Dusk, whose tags name it with a slip."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    own = {"artist": "Vera", "albumartist": "Vera", "date": "1974"}
    shelf.put_album(tmp_path / "music" / "Vera" / "Dawn", *TITLES, **own)
    shelf.put_album(tmp_path / "music" / "Vera" / "Dusk", "Crane", "Rivett", **own)
    shutil.copytree(tmp_path / "music" / "Vera" / "Dawn", tmp_path / "original")
    store = UndoStore(tmp_path / "before")
    for path in (tmp_path / "music" / "Vera" / "Dusk").glob("*.mp3"):
        write_tags.write(path, [SetField("musicbrainz_albumid", (DUSK.id,))], store, queue="music")
    store.close()
    with SimulatorServer(world()) as server:
        made = SimulatedHome(tmp_path / "home", tmp_path / "music", server, tmp_path / "tmp")
        made.scan()
        batch(made)
        yield made


def batch(home: SimulatedHome, *words: object) -> None:
    done = home.batch("--all", "--cover-art", "none", *words)
    assert done.returncode == 0, done.stderr


def entry(home: SimulatedHome, kind: str) -> dict[str, str]:
    (review,) = [review for review in reviews(home) if review["kind"] == kind]
    return review


def kinds(home: SimulatedHome) -> set[str]:
    return {review["kind"] for review in reviews(home)}


def tracks(home: SimulatedHome, album: str = "Dawn") -> list[Path]:
    return sorted((home.music / "Vera" / album).glob("*.mp3"))


def accept(home: SimulatedHome, *words: object) -> Told:
    return run(home, DOOR, "--from-review", LIST, *words)


def choose(home: SimulatedHome, release: str, *words: object) -> Told:
    return accept(
        home, "--accept", entry(home, "ambiguous-release")["id"], "--mbid", release, *words
    )


# What is proposed


@pytest.mark.long
def test_a_title_is_proposed_and_accepted_as_the_release_has_it(home: SimulatedHome) -> None:
    listed, asked = entry(home, "title-differs"), len(home.server.requests)
    assert listed["proposal"] == 'title "Rivet"'
    words = shlex.split(listed["command"])[2:]
    assert run(home, DOOR, *words).code == 0
    assert read(tracks(home, "Dusk")[1]).title == ("Rivet",)
    assert "title-differs" not in kinds(home)
    assert len(home.server.requests) == asked


def test_swapped_tracks_are_accepted_together_only(home: SimulatedHome) -> None:
    store = UndoStore(home.path.parent / "swapped")
    for number, path in zip("21", tracks(home, "Dusk"), strict=True):
        write_tags.write(path, [SetField("track", (number,))], store, queue="music")
    store.close()
    home.ok("--reset-artist", "Vera")
    batch(home)
    one, other = (it for it in reviews(home) if it["kind"] == "wrong-track-order")
    assert one["command"] == other["command"]
    assert one["command"].endswith(f" {one['id']} {other['id']}")
    locked = accept(home, "--accept", one["id"], "--locked-fields", "track")
    assert read(tracks(home, "Dusk")[0]).track == "2", locked
    other_name = home.path / "other name"
    other_name.hardlink_to(tracks(home, "Dusk")[1])
    refused = accept(home, "--accept", one["id"])
    assert "01 Crane.mp3 not changed, as they change together: " in refused.err
    assert [read(path).track for path in tracks(home, "Dusk")] == ["2", "1"]
    other_name.unlink()
    told = accept(home, "--accept", one["id"])
    assert f"{other['id']} (Dusk/02 Rivett.mp3) is accepted, too: " in told.out
    assert "2 files changed." in told.out
    assert [read(path).track for path in tracks(home, "Dusk")] == ["1", "2"]
    again = accept(home, "--accept", one["id"])
    assert "What was accepted already is not listed." in again.err


def test_all_of_a_kind_are_accepted_of_one_artist(home: SimulatedHome) -> None:
    told = accept(home, "--accept-kind", "title-differs", "--artist", "Vera")
    assert (told.code, "1 file changed." in told.out) == (0, True)
    assert read(tracks(home, "Dusk")[1]).title == ("Rivet",)


def test_what_was_filled_in_and_taken_back_is_filled_in_when_it_is_accepted(
    home: SimulatedHome,
) -> None:
    assert read(tracks(home, "Dusk")[0]).musicbrainz_trackid
    hands.ok(home, "undo_changes", "--artist", "Vera")
    home.ok("--reset-artist", "Vera")
    batch(home)
    assert read(tracks(home, "Dusk")[0]).musicbrainz_trackid == ()
    assert accept(home, "--accept-kind", "incomplete-tags").code == 0
    assert read(tracks(home, "Dusk")[0]).musicbrainz_trackid
    assert "incomplete-tags" not in kinds(home)


def test_a_plan_holds_what_matched_would_correct(home: SimulatedHome) -> None:
    home.ok("--reset-artist", "Vera")
    before, plan = state(home.music), home.path / "plan.json"
    batch(home, "--fix", "matched", "--dry-run", "--plan-out", plan)
    assert state(home.music) == before
    done = home.call("process_music_batch", "--apply-plan", plan)
    assert done.returncode == 0, done.stderr
    assert read(tracks(home, "Dusk")[1]).title == ("Rivet",)


# Which release an album is


def test_the_list_names_the_command_that_chooses(home: SimulatedHome) -> None:
    listed = entry(home, "ambiguous-release")
    end = f"--from-review {LIST} --accept {listed['id']} --mbid MBID"
    assert listed["command"].endswith(end)
    told = run(home, DOOR, *shlex.split(listed["command"])[2:])
    assert told.code == 2
    assert 'Invalid MBID "MBID"' in told.err


def test_a_candidate_is_accepted_and_the_next_batch_fills_in_what_it_tells(
    home: SimulatedHome,
) -> None:
    told = choose(home, DAWN.id.upper())
    assert (told.code, "3 files changed." in told.out) == (0, True)
    assert "stays in the list" not in told.out
    for path in tracks(home):
        assert read(path).musicbrainz_albumid == (DAWN.id,)
        assert read(path).musicbrainz_releasegroupid == (DAWN.group,)
        assert read(path).barcode == ()
    assert "ambiguous-release" not in kinds(home)
    assert home.artists()["Vera"]["lookup"] == "pending"
    batch(home)
    assert home.artists()["Vera"]["lookup"] == "done"
    assert [read(path).barcode for path in tracks(home)] == [("5099902894225",)] * 3
    asked, full = len(home.server.requests), state(home.music)
    home.ok("--reset-artist", "Vera")
    batch(home)
    assert (len(home.server.requests), state(home.music)) == (asked, full)
    hands.ok(home, "undo_changes", "--artist", "Vera")
    for path in tracks(home):
        assert path.read_bytes() == (home.music.parent / "original" / path.name).read_bytes()


def test_a_dry_run_only_tells_of_it(home: SimulatedHome) -> None:
    before = state(home.music, home.path)
    told = choose(home, DAWN.id, "--dry-run")
    assert (told.code, "3 files would be changed" in told.out) == (0, True)
    assert state(home.music, home.path) == before
    assert "ambiguous-release" in kinds(home)


@pytest.mark.parametrize("release", [DUSK.id, OTHER])
def test_a_release_that_is_no_candidate_takes_a_person_who_insists(
    home: SimulatedHome, release: str
) -> None:
    before = state(home.music)
    told = choose(home, release)
    assert told.code == 1
    assert f"{release} is not one of its candidates: {DAWN.id}, " in told.err
    assert state(home.music) == before
    insisted = choose(home, release, "--yes")
    assert (insisted.code, "stays in the list if the next batch" in insisted.out) == (0, True)
    assert {read(path).musicbrainz_albumid for path in tracks(home)} == {(release,)}
    assert {read(path).musicbrainz_releasegroupid for path in tracks(home)} == {()}


def test_the_least_likely_candidate_is_believed_when_a_person_takes_it(home: SimulatedHome) -> None:
    told = choose(home, DAYS.id)
    assert (told.code, "stays in the list" in told.out) == (0, False)
    batch(home)
    assert "ambiguous-release" not in kinds(home)
    assert {read(path).musicbrainz_releasegroupid for path in tracks(home)} == {(DAYS.group,)}


def test_another_edition_of_a_candidate_is_as_good_as_the_one_that_is_shown(
    home: SimulatedHome,
) -> None:
    assert LONGER.id not in entry(home, "ambiguous-release")["detail"]
    told = choose(home, LONGER.id)
    assert (told.code, "stays in the list" in told.out) == (0, False)
    for path in tracks(home):
        assert read(path).musicbrainz_albumid == (LONGER.id,)
        assert read(path).musicbrainz_releasegroupid == (LONGER.group,)


@pytest.mark.parametrize("words", [(), ("--yes",)])
@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            DUSK.group,
            f'a release group, "Dusk", not a release. Its only release is {DUSK.id}, "Dusk"',
        ),
        (NOON, 'a release group, "Noon", not a release. No official release of it is known.'),
        (DAWN.group, 'a release group, "Dawn", not a release. Its releases are '),
        (world().artists[0].id, 'an artist, "Vera", not a release.'),
    ],
)
def test_what_is_no_release_is_refused_whoever_insists(
    home: SimulatedHome, other: str, why: str, words: tuple[str, ...]
) -> None:
    before = state(home.music)
    told = choose(home, other, *words)
    assert told.code == 1
    assert f"{other} is {why}" in told.err
    assert state(home.music) == before


def test_a_release_is_chosen_for_albums_alone(home: SimulatedHome) -> None:
    one = entry(home, "title-differs")["id"]
    told = accept(home, "--accept", one, "--mbid", DUSK.id)
    assert told.code == 1
    assert "--mbid is only for ambiguous albums" in told.err


def test_an_album_that_is_settled_already_is_said_to_be(
    home: SimulatedHome, tmp_path: Path
) -> None:
    old = tmp_path / "old.json"
    old.write_bytes((home.path / LIST).read_bytes())
    one = entry(home, "ambiguous-release")["id"]
    assert choose(home, DAWN.id).code == 0
    told = run(home, DOOR, "--from-review", old, "--accept", one, "--mbid", DAWN.id)
    assert (told.code, "is already resolved." in told.out) == (0, True)


@each_row(
    ("words", "why"),
    [
        (("--accept", "a:1", "--mbid", "x"), 'Invalid MBID "x": use the form'),
        (("--accept", "a:1", "--mbid", ""), 'Invalid MBID "": use the form'),
        (
            ("--accept", "a:1", "b:2", "--mbid", OTHER),
            "Give --mbid with a single ID after --accept.",
        ),
        (("--accept-kind", "ambiguous-release", "--mbid", OTHER), "Give --mbid with a single ID"),
        (("--accept", "a:1", "--mbid", OTHER), "Not in the list: a:1"),
    ],
)
def test_words_that_choose_nothing_are_refused(
    untouched: SimulatedHome, words: tuple[str, ...], why: str
) -> None:
    before = state(untouched.music, untouched.path)
    told = accept(untouched, *words)
    assert told.code == 2
    assert why in told.err
    assert state(untouched.music, untouched.path) == before


def test_mbid_means_nothing_without_the_list(untouched: SimulatedHome) -> None:
    told = run(untouched, DOOR, "title", tracks(untouched)[0], "Ebb", "--mbid", OTHER)
    assert (told.code, "--mbid has no effect without --from-review." in told.err) == (2, True)
