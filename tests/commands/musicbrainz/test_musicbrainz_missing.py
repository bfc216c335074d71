"""What is missing here, looked up by hand: of artists of the queue, and of folders."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.lookup_store import (
    MusicBrainzStore,
    PossibleArtist,
    ResolvedArtist,
)
from mediakeep.music.artist_lookup import missing_table, report_section
from mediakeep_simulator import factories
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.commands.asking import ARTIST, NAME, Asker
from tests.commands.conftest import Home


def test_what_is_missing_is_told_of_a_folder_without_a_queue(ask: Asker) -> None:
    shown = ask.ok("missing", ask.home.music / NAME)
    assert "Missing Album:\n  Crowmarsh, Wandering (1979, 12 tracks)\n" in shown
    assert "Missing EP:\n  Low Tide Telegram EP (1974, 4 tracks)\n" in shown
    assert "Two Harbours" not in shown
    assert shown.endswith("Not shown: 1 of other types. --all-types shows them.\n")
    everything = ask.ok("missing", ask.home.music / NAME, "--all-types")
    assert "Missing Single:\n  Two Harbours (2019, 1 track)\n" in everything


def test_an_artist_of_the_queue_is_known_by_name_and_the_queue_stays_as_it_was(
    ask: Asker, server: SimulatorServer
) -> None:
    ask.home.scan()
    before = {path: path.read_bytes() for path in ask.home.queue.rglob("*") if path.is_file()}
    found = ask.data("missing", NAME, "--all-types")
    assert (found["mbid"], found["lookup"]) == (ARTIST, "done")
    reasons = {one["reason"] for one in found["missing"]}
    assert reasons == {"not owned", "another edition owned", "bonus track"}
    assert found["requests"] == len(server.requests) > 0
    after = {path: path.read_bytes() for path in ask.home.queue.rglob("*") if path.is_file()}
    assert after == before
    assert ask.data("missing", NAME)["requests"] == 0
    assert "Did you mean 'Velvet Harbour'?" in ask.fails(2, "missing", "Velvet Harbor")


def test_a_copy_that_lies_elsewhere_is_not_taken_for_the_queues(ask: Asker, tmp_path: Path) -> None:
    ask.home.scan()
    ask.ok("missing", ask.home.music / NAME)
    before = resolved(ask.home, NAME)
    assert before
    copy = tmp_path / "elsewhere" / NAME
    shutil.copytree(ask.home.music / NAME / "Winter Moorings", copy / "Winter Moorings")
    assert "  Salt on the Signal Lamps (1974, 7 tracks)" in ask.ok("missing", copy)
    assert resolved(ask.home, NAME) == before
    assert resolved(ask.home, str(copy))


def test_what_is_no_artists_folder_is_not_taken_for_one(ask: Asker) -> None:
    ask.home.scan()
    library = ask.home.music
    assert "is a library" in ask.fails(2, "missing", library)
    assert "is part of" in ask.fails(2, "missing", library / NAME / "Winter Moorings")
    assert "The name of the artist is empty" in ask.fails(2, "missing", "")


def resolved(home: Home, key: str) -> ResolvedArtist | None:
    known = MusicBrainzStore(home.path / "status" / "cache")
    try:
        return known.get_resolved(key)
    finally:
        known.close()


def test_what_is_missing_is_a_table_that_no_spreadsheet_takes_for_formulas(ask: Asker) -> None:
    shown = ask.ok("missing", ask.home.music / "=Sum of Us", "--csv", "--all-types")
    first, *rows = csv.reader(io.StringIO(shown))
    assert first == list(missing_table.COLUMNS)
    told = ask.data("missing", ask.home.music / "=Sum of Us", "--all-types")["missing"]
    assert [row[3].removeprefix("'") for row in rows] == [one["album"] for one in told]
    assert {row[0] for row in rows} == {"'=Sum of Us"}


def test_an_artist_who_is_not_known_there_is_a_failure(home: Home) -> None:
    with SimulatorServer(MusicBrainzCatalogue()) as server:
        done = Asker(home, server.url).run("missing", home.music / NAME)
    assert done.returncode == 1
    assert "MusicBrainz does not know this artist" in done.stdout


def test_artists_who_share_name_and_album_are_named_with_it(home: Home) -> None:
    both = [factories.make_artist(NAME, nth=nth) for nth in (1, 2)]
    groups = [factories.make_group(who, "Winter Moorings") for who in both]
    releases = [factories.make_release(group, [["A", "B"]]) for group in groups]
    known = MusicBrainzCatalogue(
        artists=tuple(both), groups=tuple(groups), releases=tuple(releases)
    )
    with SimulatorServer(known) as server:
        done = Asker(home, server.url).run("missing", home.music / NAME)
    assert done.returncode == 1
    for who in both:
        assert f"  {who.id} {NAME}: Winter Moorings\n" in done.stdout
    assert "fix_metadata.py --home" in done.stdout


def test_one_artist_alone_who_may_be_meant_is_not_called_several() -> None:
    artist = model.Artist(id=ARTIST, name=NAME, disambiguation="a choir")
    none, few = (
        report_section.format_ambiguity([PossibleArtist(artist, titles)])
        for titles in ((), ("Dawn",))
    )
    assert none == (
        f"it may be {NAME} (a choir), but none of the local albums is known to be theirs"
    )
    assert "few of the local albums are known" in few
    assert (
        report_section.format_ambiguity([PossibleArtist(artist), PossibleArtist(artist)])
        == "2 possible artists"
    )


def test_what_was_known_before_is_told_where_nobody_may_be_asked(ask: Asker) -> None:
    folder = ask.home.music / NAME
    ask.ok("missing", folder)
    other = next(path for path in (folder.parent / "=Sum of Us").iterdir() if path.is_dir())
    shutil.copytree(other, folder / other.name)  # an album by others, which would have to be asked
    done = ask.run("missing", folder, "--offline")
    assert (done.returncode, "The data below is of 20" in done.stdout) == (0, True)
    assert done.stderr == "MusicBrainz not queried: this run is offline.\n"
    assert "  Crowmarsh, Wandering (1979, 12 tracks)" in done.stdout
    assert "but this run is offline" in ask.fails(2, "missing", folder, "--offline", "--refresh")


def test_a_name_that_is_neither_queued_nor_a_folder_is_named(ask: Asker) -> None:
    told = ask.fails(2, "missing", "Nobody")
    assert told.startswith("Nobody is not a folder. There is no music queue in ")
    (ask.home.music / "Empty").mkdir()
    assert "Empty has no readable tracks" in ask.fails(1, "missing", ask.home.music / "Empty")
