"""The table of missing albums, over batches: what is done anew is replaced, and nothing else."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.pages import csv_cell
from mediakeep_simulator import catalogue_file
from tests.commands import simulated_home
from tests.commands.simulated_home import SimulatedHome, Stock, outage

ARTISTS = 5


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stock, Path]]:
    """A home whose artists are all looked up, and its library as it was before."""
    place = tmp_path_factory.mktemp("stock")
    with simulated_home.open_home(place / "place", ARTISTS) as one:
        shutil.copytree(one.music, place / "music", symlinks=True)
        one.batch("--all")
        yield Stock(one), place / "music"


@pytest.fixture
def looked_up(stock: tuple[Stock, Path]) -> SimulatedHome:
    """A home whose artists are all looked up."""
    return stock[0].home()


@pytest.fixture
def fresh(looked_up: SimulatedHome, stock: tuple[Stock, Path]) -> SimulatedHome:
    """Another home, of the same library, with nothing done."""
    shutil.rmtree(looked_up.music)
    shutil.copytree(stock[1], looked_up.music, symlinks=True)
    return looked_up.beside("other")


def rows(home: SimulatedHome) -> list[dict[str, str]]:
    with home.table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def name(row: dict[str, str]) -> str:
    """Return the artist of a row, as the queue has it."""
    return row["artist"].removeprefix("'")


def names(home: SimulatedHome) -> list[str]:
    return list(dict.fromkeys(map(name, rows(home))))


def of(artist: str, table: list[dict[str, str]], reason: str) -> set[str]:
    """Return the albums of an artist that are missing as a whole, for a reason."""
    wanted = artist, "album", reason
    return {row["album"] for row in table if (name(row), row["missing"], row["reason"]) == wanted}


@pytest.mark.long
def test_its_bytes_are_the_same_however_many_batches_it_took(
    looked_up: SimulatedHome, fresh: SimulatedHome
) -> None:
    home, other = looked_up, fresh
    whole = home.table.read_bytes()
    other.batch("--batch-size", 2)
    assert 0 < len(names(other)) <= 2
    with outage(other.server):
        other.batch("--batch-size", 2)
    other.later()
    while "pending" in {*other.statuses().values(), *other.lookups()}:
        assert other.batch("--batch-size", 2).returncode == 0
    assert other.table.read_bytes() == whole
    assert names(home) == [artist for artist in home.artists() if artist in names(home)]
    assert len(names(home)) >= 3

    # What nothing has changed is not even written anew.
    written = other.table.stat().st_mtime_ns
    other.batch("--all")
    assert other.table.stat().st_mtime_ns == written


def test_an_artist_that_is_done_again_or_has_vanished_has_the_rows_of_now(
    looked_up: SimulatedHome,
) -> None:
    home = looked_up
    before = rows(home)
    gone, changed, *_ = names(home)
    album = sorted(path for path in (home.music / changed).iterdir() if path.is_dir())[0]
    shutil.rmtree(home.music / gone)
    shutil.rmtree(album)
    home.ok("--scan", home.music, "--yes")
    assert home.batch("--all").returncode == 0
    assert gone not in names(home)
    lost = of(changed, rows(home), "not owned") - of(changed, before, "not owned")
    assert lost == {csv_cell.escape_formula(album.name)}
    others = [row for row in before if name(row) not in (gone, changed)]
    assert [row for row in rows(home) if name(row) != changed] == others


def test_a_table_that_was_changed_deleted_or_is_of_another_queue_is_written_anew(
    looked_up: SimulatedHome,
) -> None:
    home = looked_up
    whole = home.table.read_bytes()
    home.table.write_bytes(whole[: len(whole) // 2] + b"by hand\n")
    home.batch("--all")
    assert home.table.read_bytes() == whole
    home.table.unlink()
    home.batch("--all")
    assert home.table.read_bytes() == whole

    other = home.beside("other")
    (other.path / "outputs").mkdir(exist_ok=True)
    shutil.copy2(home.table, other.table)
    made, kept = home.snapshot()["created"], home.queue / "missing_albums.json"
    assert made in kept.read_text()
    # Queues are told apart by the second they were made in, and both may be of one.
    earlier = kept.read_text().replace(made, "2020-01-01T00:00:00+00:00")
    (other.queue / "missing_albums.json").write_text(earlier)
    other.batch("--batch-size", 1)
    assert set(names(other)) <= {next(iter(other.artists()))}


def test_a_cell_is_no_formula_and_what_parts_cells_parts_no_title(looked_up: SimulatedHome) -> None:
    found = rows(looked_up)
    assert "'-Minus-" in {row["artist"] for row in found}
    cells = [cell for row in found for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    known = {group.id: group.title for group in catalogue_file.generate_catalogue(ARTISTS).groups}
    albums = {row["release_group_mbid"]: row["album"].removeprefix("'") for row in found}
    assert albums.items() <= known.items()
    assert any("," in title for title in albums.values())
    assert any('"' in title for title in albums.values())


def test_an_audit_that_is_damaged_costs_its_own_rows_and_is_told(looked_up: SimulatedHome) -> None:
    home = looked_up
    before, names_before = rows(home), names(home)
    lost = names_before[0]
    stem = home.artists()[lost]["output_name"]
    (home.path / "outputs" / f"{stem}_audit.json").write_text("{")
    home.table.unlink()
    done = home.batch("--artist", names_before[-1])
    assert done.returncode == 0
    assert f"{stem}_audit.json" in done.stderr
    assert rows(home) == [row for row in before if name(row) != lost]
